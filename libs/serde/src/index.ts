export { avro, type AvroOptions } from './avro.ts';
export { avroReader } from './avro-reader.ts';
export { change, type Change } from './change.ts';
export { json } from './json.ts';
export type { SchemaSource, Serde, SerdeUse } from './serde.ts';
export { Serdes } from './serdes.ts';
export { timeWindowed, windowedBytes } from './time-windowed.ts';
export type { Window, Windowed } from './windowed.ts';
export { sessionWindowed } from './session-windowed.ts';
