import { define } from './define.ts';

/** Errors of the protocol area; every code starts with MR_PROTOCOL_. */
export const protocolErrors = {
  MR_PROTOCOL_MALFORMED: define<{ what: string; position: number; why: string }>({
    severity: 'corrupt',
    message: ({ what, position, why }) => `${what} is malformed at byte ${position}: ${why}.`,
    remedy: () =>
      'The bytes were damaged or are not Kafka. Check the address, proxies and TLS between client and broker.',
  }),
  MR_PROTOCOL_CRC_MISMATCH: define<{ baseOffset: number; expected: number; actual: number }>({
    severity: 'corrupt',
    message: ({ baseOffset, expected, actual }) =>
      `The record batch at offset ${baseOffset} has CRC ${actual}, but says ${expected}.`,
    remedy: () =>
      'The batch was damaged on disk or on the way. Fetch it again; if it stays, check the disks of the broker.',
  }),
  MR_PROTOCOL_MAGIC_UNSUPPORTED: define<{ magic: number; baseOffset: number }>({
    severity: 'corrupt',
    message: ({ magic, baseOffset }) =>
      `The record batch at offset ${baseOffset} has format ${magic}; only format 2 is read.`,
    remedy: () => 'Formats 0 and 1 ended with Kafka 4. Rewrite the topic with a Kafka 3 broker first.',
  }),
  MR_PROTOCOL_INFLATED_TOO_LARGE: define<{ compression: string; limitBytes: number }>({
    severity: 'corrupt',
    message: ({ compression, limitBytes }) => `A ${compression} batch inflates to more than ${limitBytes} bytes.`,
    remedy: () => 'Raise the limit of inflated bytes if the producer really sends batches that large.',
  }),
  MR_PROTOCOL_COMPRESSION_UNAVAILABLE: define<{ compression: string }>({
    severity: 'user',
    message: ({ compression }) => `This Node cannot write compression '${compression}'.`,
    remedy: () => 'Run Node 22.15 or newer, or choose gzip, snappy or lz4.',
  }),
  MR_PROTOCOL_COMPRESSION_UNKNOWN: define<{ compression: number }>({
    severity: 'corrupt',
    message: ({ compression }) => `A record batch names compression ${compression}, which Kafka does not define.`,
    remedy: () => 'The batch was damaged or is newer than this version of Millrace.',
  }),
  MR_PROTOCOL_FIELD_NOT_IN_VERSION: define<{ message: string; field: string; version: number }>({
    severity: 'bug',
    message: ({ message, field, version }) => `Field '${field}' of ${message} cannot be sent in version ${version}.`,
    remedy: () => 'Negotiate a version that has the field, or leave the field out.',
  }),
  MR_PROTOCOL_VERSION_UNSUPPORTED: define<{ api: string; version: number; min: number; max: number }>({
    severity: 'user',
    message: ({ api, version, min, max }) => `${api} version ${version} is not known; Millrace has ${min} to ${max}.`,
    remedy: () => 'Negotiate versions with ApiVersions before sending; a broker older than Kafka 2.1 is not supported.',
  }),
  MR_PROTOCOL_VALUE_OUT_OF_RANGE: define<{ field: string; value: unknown; type: string }>({
    severity: 'bug',
    message: ({ field, value, type }) => `The value ${String(value)} of '${field}' is not a ${type}.`,
    remedy: () => 'Give a value of that type.',
  }),
  MR_PROTOCOL_BATCH_TOO_LARGE: define<{ sizeBytes: number; limitBytes: number }>({
    severity: 'record',
    message: ({ sizeBytes, limitBytes }) => `A record batch of ${sizeBytes} bytes exceeds ${limitBytes} bytes.`,
    remedy: () => 'Send smaller records or fewer in a batch.',
  }),
};
