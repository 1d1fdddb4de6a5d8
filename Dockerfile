# The image of the manager: one static binary, an ordinary user, nothing else.
#
#   docker build --build-arg VERSION=$(git describe --tags --always) -t webex-license-operator:dev .
#
# Both bases are named by digest, so that the same commit makes the same image, but for its time
# zone data; Dependabot moves them. Another base needs CA certificates, since the default API is on the Internet.

# The compiler runs on the machine's own platform and builds for the one that is asked for.
FROM --platform=$BUILDPLATFORM golang:1.26.8@sha256:0f063af2d465d8dcae54cce04278ada488b96f77b42449c8d071e47d016cc65a AS build
WORKDIR /src

# Rules of time zones change several times a year; a slot in a zone is an hour off until an
# image has them. This is the one layer that is not the same whenever it is built.
RUN apt-get update \
    && apt-get install -y --no-install-recommends tzdata \
    && rm -rf /var/lib/apt/lists/* /usr/share/zoneinfo/right /usr/share/zoneinfo/posix \
    && version="$(sed -n '1s/^# version //p' /usr/share/zoneinfo/tzdata.zi)" \
    && echo "time zone data ${version}" \
    && expr "${version}" '>=' 2026f > /dev/null

# Modules in a layer of their own: they change less often than the code.
COPY go.mod go.sum ./
RUN go mod download

COPY main.go ./
COPY api/ api/
COPY controllers/ controllers/
COPY internal/ internal/

# Last, so that neither a new version nor another platform fetches the modules again.
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=unknown
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /manager .

FROM gcr.io/distroless/static-debian13:nonroot@sha256:f7f8f729987ad0fdf6b05eeeae94b26e6a0f613bdf46feea7fc40f7bd72953e6
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="webex-license-operator" \
      org.opencontainers.image.description="Keeps the licences of Webex organizations as Kubernetes objects" \
      org.opencontainers.image.source="https://github.com/webex-operator/webex-license-operator" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.documentation="https://github.com/webex-operator/webex-license-operator/blob/main/docs/README.md" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY LICENSE /LICENSE
COPY --from=build /manager /manager
# By number: Kubernetes cannot tell from a name that it is not root.
USER 65532:65532
ENTRYPOINT ["/manager"]
