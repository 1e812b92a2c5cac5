export type { CompatibilityLevel } from './compatibility.ts';
export { EmbeddedRegistry, type SubjectVersion } from './embedded-registry.ts';
export { createRegistryClient, type RegistryClientOptions } from './registry-client.ts';
export { serveRegistry, type RegistryServer, type RegistryServerOptions } from './registry-server.ts';
