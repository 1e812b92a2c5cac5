/** Compiles the fields of a struct for one version: those in line, those tagged (KIP-482), and those the version lacks. */
import { millraceError } from '@millrace/base';
import { defaultValue, isDefault } from './default-value.ts';
import type { Field, Fields } from './field.ts';
import type { Reader } from './reader.ts';
import { compileValue, type CodecContext, type ValueCodec } from './value-codec.ts';
import { hasVersion } from './version-range.ts';
import { Writer } from './writer.ts';

type Struct = Record<string, unknown>;

interface Slot {
  readonly key: string;
  readonly field: Field;
  /** Undefined: not in line in this version, or not at all. */
  readonly codec: ValueCodec | undefined;
}

interface TaggedSlot {
  readonly key: string;
  readonly field: Field;
  readonly tag: number;
  readonly codec: ValueCodec;
}

/** Compiles a struct; decoded objects hold every field of the schema in its order, absent ones as defaults. */
export function compileStruct(fields: Fields, context: CodecContext): ValueCodec {
  const slots: Slot[] = [];
  const tagged: TaggedSlot[] = [];
  const refused: Slot[] = [];
  for (const [key, field] of Object.entries(fields)) {
    const { tag, ignorable } = field.options;
    const present = hasVersion(field.versions, context.version) && (tag === undefined || context.flexible);
    const codec = present ? compileValue(field, key, context) : undefined;
    if (codec !== undefined && tag !== undefined) tagged.push({ key, field, tag, codec });
    if (codec === undefined && ignorable !== true) refused.push({ key, field, codec });
    slots.push({ key, field, codec: tag === undefined ? codec : undefined });
  }
  tagged.sort((a, b) => a.tag - b.tag);
  const inlineBytes = slots.reduce((sum, slot) => sum + (slot.codec?.minBytes ?? 0), 0);
  return {
    minBytes: inlineBytes + (context.flexible ? 1 : 0),
    write(writer, value) {
      const source = value as Struct;
      for (const slot of refused) refuseUnsent(slot, source, context);
      for (const { key, field, codec } of slots) {
        if (codec === undefined) continue;
        const given = source[key];
        codec.write(writer, given === undefined ? defaultFor(field, context.version) : given);
      }
      if (context.flexible) writeTagged(writer, tagged, source);
    },
    read(reader) {
      const target: Struct = {};
      for (const { key, field, codec } of slots) {
        target[key] = codec === undefined ? defaultValue(field) : codec.read(reader);
      }
      if (context.flexible) readTagged(reader, tagged, target);
      return target;
    },
  };
}

/** The default of a field left out; null falls back to the empty value where the version does not know null. */
function defaultFor(field: Field, version: number): unknown {
  const value = defaultValue(field);
  if (value !== null || hasVersion(field.options.nullable, version)) return value;
  return defaultValue({ ...field, options: {} });
}

function refuseUnsent({ key, field }: Slot, source: Struct, { message, version }: CodecContext): void {
  const value = source[key];
  if (value === undefined || isDefault(field, value)) return;
  throw millraceError('MR_PROTOCOL_FIELD_NOT_IN_VERSION', { message, field: key, version });
}

function writeTagged(writer: Writer, tagged: readonly TaggedSlot[], source: Struct): void {
  const present = tagged.filter(({ key, field }) => !isDefault(field, source[key]));
  writer.unsignedVarint(present.length);
  for (const { key, tag, codec } of present) {
    const scratch = new Writer();
    codec.write(scratch, source[key]);
    writer.unsignedVarint(tag);
    writer.unsignedVarint(scratch.position);
    writer.bytes(scratch.finish());
  }
}

/** Reads the tagged fields it knows and skips the others: they are of a newer Kafka. */
function readTagged(reader: Reader, tagged: readonly TaggedSlot[], target: Struct): void {
  const count = reader.unsignedVarint();
  for (let i = 0; i < count; i++) {
    const tag = reader.unsignedVarint();
    const size = reader.unsignedVarint();
    const start = reader.take(size);
    const slot = tagged.find((known) => known.tag === tag);
    if (slot === undefined) continue;
    const end = reader.end;
    reader.position = start;
    reader.end = start + size;
    target[slot.key] = slot.codec.read(reader);
    if (reader.position !== reader.end) reader.malformed(`tagged field '${slot.key}' is longer than its value`);
    reader.end = end;
  }
}
