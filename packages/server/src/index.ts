// @signet/server: what every process of the issuer is made of, whatever it serves besides: settings, the wiring of storage, keys and
// accounts, and an HTTP listener with its limits.

export { forwardedAddress } from "./client-address.ts";
export { dataDirOf } from "./data-dir.ts";
export { isForPeople } from "./for-people.ts";
export { createHttpServer, type HttpServer } from "./http-server.ts";
export { type KeysFile, openKeysFile } from "./keys-file.ts";
export { listen, localAddress } from "./listen.ts";
export type { ProviderSettings } from "./provider-settings.ts";
export { openServices, type Services } from "./services.ts";
export { SettingError } from "./setting-error.ts";
export { parseSettings, type Settings, settings } from "./settings.ts";
export { sharedServices } from "./shared-services.ts";
export { finishMs, noticeMsFor, onStopSignal, type Running, stopOnSignal, stopServing } from "./stop.ts";
export { openKeyRing, openStorage, type Storage } from "./storage.ts";
export { surviveStrayRejections } from "./stray-rejections.ts";
export { fail, say } from "./terminal.ts";
export { cameInTheClear, isHarmlessInTheClear, warnOfOpenWays } from "./transport.ts";
export { assertUsable } from "./usable-settings.ts";
