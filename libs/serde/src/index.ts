export type { SchemaSource, Serde, SerdeUse } from './serde.ts';
export type { Window, Windowed } from './windowed.ts';
