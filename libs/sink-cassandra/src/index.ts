export { createCassandraSink, type CassandraSinkOptions } from './cassandra-sink.ts';
export type { Consistency, DriverOptions } from './driver-session.ts';
