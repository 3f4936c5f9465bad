# examples/python in a container. From a folder with receiver.py and requirements.txt (tink-webhooks, fastapi, uvicorn):
#   docker build -f python.Dockerfile .                                       Debian
#   docker build -f python.Dockerfile --build-arg BASE=3.13-alpine3.22 .      Alpine: the wheel for musl is taken
ARG BASE=3.13-slim-trixie
FROM python:${BASE} AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --only-binary :all: -r requirements.txt

FROM python:${BASE}
WORKDIR /app
COPY --from=build /venv /venv
COPY receiver.py .
USER 65532:65532
EXPOSE 8000
CMD ["/venv/bin/uvicorn", "receiver:app", "--host", "0.0.0.0", "--port", "8000"]
