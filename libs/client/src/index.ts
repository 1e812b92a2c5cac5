export { createKafkaClient, type KafkaClientOptions } from './kafka-client.ts';
export type { SaslOptions } from './handshake.ts';
export { tcpTransport, type TcpTransportOptions, type TlsOptions } from './tcp-transport.ts';
