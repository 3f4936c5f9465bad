# examples/go in a container without a C library: the program is linked statically, its packages need only cgo.
# From a folder with go.mod, go.sum and main.go.
FROM golang:1.26-trixie AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -trimpath -ldflags '-s -w -extldflags=-static' -o /receiver .

FROM gcr.io/distroless/static-debian13:nonroot
COPY --from=build /receiver /receiver
USER 65532:65532
EXPOSE 8000
CMD ["/receiver"]
