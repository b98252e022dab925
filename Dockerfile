# docker build -t femsoret . && docker run -ti -v "$PWD":/work femsoret femsoret --help
# Another DOLFINx: docker build --build-arg DOLFINX=v0.9.0 ...
ARG DOLFINX=stable
FROM dolfinx/dolfinx:${DOLFINX}

# For gmsh from the Python registry, which draws nothing here but still loads these.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libegl1 libgl1 libglu1-mesa libxcursor1 libxft2 libxinerama1 libxrender1 xvfb \
    && rm -rf /var/lib/apt/lists/*

COPY . /opt/femsoret
RUN python3 -m pip install --no-cache-dir "/opt/femsoret[all]"

ENV OMP_NUM_THREADS=1
WORKDIR /work
CMD ["bash"]
