# One image for the web app, the API, the resource server and the operator's commands; which one it is says the command (compose.yaml).
# syntax=docker/dockerfile:1

FROM node:24-slim AS build
WORKDIR /signet
ENV CI=true NEXT_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml turbo.json tsconfig.base.json tsconfig.json ./
COPY scripts scripts
COPY packages packages
# Tests of the packages name it; nothing that runs does.
COPY dev-provider dev-provider
COPY apps apps
# The same pnpm as in package.json, and exactly what the lock file names. No dependency runs a script.
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile \
  && npx --yes pnpm@12.21.0 exec turbo run build --output-logs=errors-only \
  && rm -rf apps/web/.next/cache
# Only what runs. The links between the rooms stay as they are; tRPC is their peer, so that apps have one of it, and is found from the root.
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile --prod --offline --config.public-hoist-pattern=@trpc/server

FROM node:24-slim
WORKDIR /signet
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 NODE_OPTIONS=--enable-source-maps DATA_DIR=/data
RUN mkdir /data && chown node:node /data
COPY --from=build --chown=root:root /signet /signet
USER node
VOLUME /data
EXPOSE 3000 3001 3002
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/healthz`).then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/web/dist/server/main.js"]
