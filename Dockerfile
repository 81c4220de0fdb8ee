# leadlog in a container. `docker compose up --build -d` builds it; docs/containers.md says the rest.
ARG PYTHON=python:3.11.13-slim-bookworm

# The versions and their hashes come from the lock file: what is not in it is not installed.
FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/leadlog
COPY requirements.lock ./
RUN /opt/leadlog/bin/pip install --quiet --require-hashes -r requirements.lock
COPY pyproject.toml ./
COPY events events
COPY projections projections
COPY engine engine
RUN /opt/leadlog/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/leadlog/bin/pip install --quiet --no-deps dist/*.whl \
    && /opt/leadlog/bin/pip uninstall --quiet --yes hatchling editables pip

FROM ${PYTHON}
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin leadlog \
    && install -d -o leadlog -g leadlog -m 0750 /workspace
COPY --from=build /opt/leadlog /opt/leadlog
COPY containers/worker /usr/local/bin/worker
COPY containers/kafka.toml /etc/leadlog/kafka.toml
ENV PATH=/opt/leadlog/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LEADLOG_WORKSPACE=/workspace
USER 10001:10001
WORKDIR /workspace
HEALTHCHECK --interval=15s --timeout=15s --start-period=60s --retries=3 CMD ["leadlog", "status"]
CMD ["sh", "/usr/local/bin/worker"]
