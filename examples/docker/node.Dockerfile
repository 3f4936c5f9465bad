# examples/node in a container. From a folder with receiver.mjs, package.json and package-lock.json:
#   docker build -f node.Dockerfile .                                    Debian
#   docker build -f node.Dockerfile --build-arg BASE=24-alpine3.22 .     Alpine: npm takes the package for musl
ARG BASE=24-trixie-slim
FROM node:${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:${BASE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY receiver.mjs .
USER 65532:65532
EXPOSE 8000
CMD ["node", "receiver.mjs"]
