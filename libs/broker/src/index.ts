export { Broker, type ConnectionOrigin, type LogView, type ServerConnection } from './broker.ts';
export type { BrokerLimits, BrokerOptions, DelayRange } from './broker-options.ts';
export { inProcessTransport } from './in-process-transport.ts';
export { serveBroker, type ServeOptions, type ServedBroker } from './serve-broker.ts';
