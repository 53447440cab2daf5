# One image for all services: which one runs is the command, such as `apps/orchestrator/dist/main.js`.
FROM node:24-bookworm-slim AS build
WORKDIR /snapfleet
COPY . .
RUN npm ci --no-audit --no-fund && npx tsc -b && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends rsync attr acl restic \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /snapfleet
COPY --from=build /snapfleet/package.json ./
COPY --from=build /snapfleet/node_modules ./node_modules
COPY --from=build /snapfleet/libs ./libs
COPY --from=build /snapfleet/apps ./apps
USER 64738:64738
ENTRYPOINT ["node"]
