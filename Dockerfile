# The image of the manager: one static binary, an ordinary user, nothing else.
#
#   docker build --build-arg VERSION=$(git describe --tags --always) -t webex-license-operator:dev .
#
# Any base with CA certificates will do, since the default API is on the Internet. To make
# a build repeatable bit by bit, name both images by digest.
ARG BUILD_IMAGE=golang:1.26
ARG BASE_IMAGE=gcr.io/distroless/static:nonroot

# The compiler runs on the machine's own platform and builds for the one that is asked for.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
WORKDIR /src

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

FROM ${BASE_IMAGE}
ARG VERSION=unknown
LABEL org.opencontainers.image.title="webex-license-operator" \
      org.opencontainers.image.description="Keeps the licences of Webex organizations as Kubernetes objects" \
      org.opencontainers.image.source="https://github.com/webex-operator/webex-license-operator" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY LICENSE /LICENSE
COPY --from=build /manager /manager
# By number: Kubernetes cannot tell from a name that it is not root.
USER 65532:65532
ENTRYPOINT ["/manager"]
