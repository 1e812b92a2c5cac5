export { avro, type AvroOptions } from './avro.ts';
export type { SubjectNameStrategy } from './avro-subject.ts';
export { avroReader } from './avro-reader.ts';
export { change, type Change } from './change.ts';
export { json } from './json.ts';
export { murmur3 } from './murmur3.ts';
export type { SchemaSource, Serde, SerdeUse } from './serde.ts';
export { Serdes } from './serdes.ts';
export {
  instructions,
  primaryKeyOf,
  subscription,
  subscriptionKey,
  subscriptionResponse,
  type Instruction,
  type Subscription,
  type SubscriptionResponse,
} from './subscription.ts';
export { headersBytes, rowWithHeaders, type KeptHeader } from './headers-bytes.ts';
export { headersApart, withHeaders, type ValueWithHeaders } from './with-headers.ts';
export { readVarint, varint } from './varint.ts';
export { timeWindowed, windowedBytes } from './time-windowed.ts';
export type { Window, Windowed } from './windowed.ts';
export { sessionWindowed } from './session-windowed.ts';
