import { define } from './define.ts';

interface Answer {
  /** The request that was answered, by Kafka's name. */
  readonly api: string;
  /** Kafka's name of the error. */
  readonly error: string;
  /** What the answer was about: a partition, a topic, a group, a transactional id. */
  readonly about: string;
  readonly node: number;
}

/** Errors of the client area; every code starts with MR_CLIENT_. */
export const clientErrors = {
  MR_CLIENT_UNREACHABLE: define<{ tried: string }>({
    severity: 'retriable',
    message: ({ tried }) => `No Kafka broker can be reached. Tried ${tried}.`,
    remedy: () => 'Check bootstrap.servers, that the brokers run, and that their ports are open from this machine.',
  }),
  MR_CLIENT_EOF_BEFORE_HELLO: define<{ address: string }>({
    severity: 'user',
    message: ({ address }) =>
      `${address} accepted the connection and closed it without an answer to the first request.`,
    remedy: () =>
      'The listener probably expects TLS (set security.protocol=SSL or SASL_SSL) or SASL, or it is not a Kafka port.',
  }),
  MR_CLIENT_TLS_EXPECTED: define<{ address: string }>({
    severity: 'user',
    message: ({ address }) => `${address} answered with a TLS alert: the listener expects TLS.`,
    remedy: () => 'Set security.protocol=SSL (or SASL_SSL), or use the port of a plaintext listener.',
  }),
  MR_CLIENT_TLS_NOT_OFFERED: define<{ address: string }>({
    severity: 'user',
    message: ({ address }) => `${address} does not answer in TLS: the listener is probably a plaintext one.`,
    remedy: () => 'Set security.protocol=PLAINTEXT (or SASL_PLAINTEXT), or use the port of a TLS listener.',
  }),
  MR_CLIENT_TLS_CERTIFICATE: define<{ address: string; reason: string }>({
    severity: 'user',
    message: ({ address, reason }) => `The certificate of ${address} is not trusted: ${reason}.`,
    remedy: () =>
      'Set ssl.ca.location to the PEM file of its authority, and use a host name that the certificate is made out to.',
  }),
  MR_CLIENT_TLS_REFUSED: define<{ address: string; reason: string }>({
    severity: 'user',
    message: ({ address, reason }) => `${address} refused the TLS handshake: ${reason}.`,
    remedy: () =>
      'If the listener asks for client certificates, set ssl.certificate.location and ssl.key.location; else check that both sides have a version of TLS in common.',
  }),
  MR_CLIENT_TLS_FILES: define<{ reason: string }>({
    severity: 'user',
    message: ({ reason }) => `The certificates of the client cannot be used: ${reason}.`,
    remedy: () =>
      'ssl.ca.location, ssl.certificate.location and ssl.key.location name PEM files; the key belongs to the certificate.',
  }),
  MR_CLIENT_NOT_KAFKA: define<{ address: string; firstBytes: string }>({
    severity: 'user',
    message: ({ address, firstBytes }) => `${address} is not a Kafka broker: it answered '${firstBytes}'.`,
    remedy: () => 'Correct the port in bootstrap.servers; this one speaks another protocol, such as HTTP.',
  }),
  MR_CLIENT_SILENT: define<{ address: string; timeoutMs: number }>({
    severity: 'retriable',
    message: ({ address, timeoutMs }) =>
      `${address} accepted the connection and gave no whole answer to the first request within ${timeoutMs} ms.`,
    remedy: () =>
      'Check the port in bootstrap.servers: it is probably not one of Kafka, or expects TLS (security.protocol). If it is right, the broker is overloaded or hangs.',
  }),
  MR_CLIENT_ADDRESS_INVALID: define<{ address: string }>({
    severity: 'user',
    message: ({ address }) => `'${address}' in bootstrap.servers is not an address.`,
    remedy: () => 'Write host:port, separated by commas, such as broker-1:9092,broker-2:9092.',
  }),
  MR_CLIENT_DISCONNECTED: define<{ address: string; node: number; reason: string }>({
    severity: 'retriable',
    message: ({ address, node, reason }) => `The connection to node ${node} at ${address} is gone: ${reason}.`,
    remedy: () => 'It is opened again. If it lasts, look at that broker and at advertised.listeners.',
  }),
  MR_CLIENT_REQUEST_TIMED_OUT: define<{ api: string; node: number; timeoutMs: number }>({
    severity: 'retriable',
    message: ({ api, node, timeoutMs }) => `Node ${node} did not answer ${api} within ${timeoutMs} ms.`,
    remedy: () => 'It is tried again. If it lasts, the broker is overloaded or the network drops packets.',
  }),
  MR_CLIENT_FRAME_TOO_LARGE: define<{ address: string; sizeBytes: number; limitBytes: number }>({
    severity: 'retriable',
    message: ({ address, sizeBytes, limitBytes }) =>
      `${address} announced an answer of ${sizeBytes} bytes; the limit is ${limitBytes}.`,
    remedy: () =>
      'The stream is damaged or is not Kafka; the connection was closed. Lower fetch.max.bytes if it is real.',
  }),
  MR_CLIENT_AUTHENTICATION_FAILED: define<{ address: string; mechanism: string; reason: string }>({
    severity: 'user',
    message: ({ address, mechanism, reason }) => `${address} refused the ${mechanism} login: ${reason}.`,
    remedy: () => 'Check sasl.mechanism, user name and password, and that the broker enables that mechanism.',
  }),
  MR_CLIENT_BROKER_TOO_OLD: define<{ node: number; api: string; needed: number; offered: string }>({
    severity: 'user',
    message: ({ node, api, needed, offered }) =>
      `Node ${node} offers ${api} ${offered}; version ${needed} or newer is needed.`,
    remedy: () => 'Use a newer broker: Kafka 2.5 for exactly-once, Kafka 2.3 otherwise.',
  }),
  MR_CLIENT_BROKER_RETRIABLE: define<Answer>({
    severity: 'retriable',
    message: ({ api, error, about, node }) => `Node ${node} answered ${api} for ${about} with ${error}.`,
    remedy: () => 'It is tried again. If it lasts, look at the brokers.',
  }),
  MR_CLIENT_BROKER_REFUSED: define<Answer>({
    severity: 'user',
    message: ({ api, error, about, node }) => `Node ${node} refused ${api} for ${about}: ${error}.`,
    remedy: () => 'Correct what the error names; trying again would give the same answer.',
  }),
  MR_CLIENT_NOT_AUTHORIZED: define<Answer>({
    severity: 'user',
    message: ({ api, error, about, node }) => `Node ${node} does not allow ${api} for ${about}: ${error}.`,
    remedy: ({ about }) => `Grant the principal of this client its rights on ${about} (kafka-acls --add).`,
  }),
  MR_CLIENT_TOPIC_MISSING: define<{ topics: string }>({
    severity: 'user',
    message: ({ topics }) => `The cluster has no topic ${topics}.`,
    remedy: () => 'Create it with the partitions it should have, or correct the name.',
  }),
  MR_CLIENT_PARTITION_MISSING: define<{ topic: string; partition: number; partitions: number }>({
    severity: 'user',
    message: ({ topic, partition, partitions }) =>
      `Topic ${topic} has ${partitions} partitions; partition ${partition} does not exist or was not prepared.`,
    remedy: () => 'Call prepare with the topic first, and choose a partition below its partition count.',
  }),
  MR_CLIENT_FENCED: define<Answer>({
    severity: 'fenced',
    message: ({ api, error, about, node }) =>
      `Another incarnation has taken over ${about}: node ${node} answered ${api} with ${error}.`,
    remedy: () => 'The tasks move on by themselves. If it repeats, two processes share an id: give each its own.',
  }),
  MR_CLIENT_GROUP_FENCED: define<{ groupId: string; memberId: string; generation: number; error: string }>({
    severity: 'fenced',
    message: ({ groupId, memberId, generation, error }) =>
      `Group ${groupId} has moved on: offsets of member '${memberId}' in generation ${generation} were refused (${error}).`,
    remedy: () => 'The member rejoins by itself. If it repeats, raise session.timeout.ms or max.poll.interval.ms.',
  }),
  MR_CLIENT_TRANSACTION_ABORTABLE: define<{ transactionalId: string; reason: string }>({
    severity: 'retriable',
    message: ({ transactionalId, reason }) => `The transaction of ${transactionalId} cannot be committed: ${reason}.`,
    remedy: () => 'It is aborted and done again from the committed offsets.',
  }),
  MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN: define<{ transactionalId: string; api: string }>({
    severity: 'retriable',
    message: ({ transactionalId, api }) =>
      `The answer to ${api} of ${transactionalId} was lost: the transaction is committed or it is not.`,
    remedy: () => 'The producer is initialised again; the committed offsets tell which way it went.',
  }),
  MR_CLIENT_TRANSACTION_STATE: define<{ transactionalId: string; doing: string; state: string }>({
    severity: 'bug',
    message: ({ transactionalId, doing, state }) => `${doing} of ${transactionalId} is not possible in state ${state}.`,
    remedy: () => 'Call init first, then append and sendOffsets, then commit or abort, one after the other.',
  }),
  MR_CLIENT_SEQUENCE_BROKEN: define<{ topic: string; partition: number; error: string; sequence: number }>({
    severity: 'fenced',
    message: ({ topic, partition, error, sequence }) =>
      `The log of ${topic}-${partition} does not continue at sequence ${sequence} of this producer (${error}): records before it are gone.`,
    remedy: () => 'The work is redone with a new producer. Check for unclean leader elections and deleted records.',
  }),
  MR_CLIENT_DELIVERY_TIMED_OUT: define<{ topic: string; partition: number; count: number; timeoutMs: number }>({
    severity: 'retriable',
    message: ({ topic, partition, count, timeoutMs }) =>
      `A batch of ${count} records for ${topic}-${partition} was not acknowledged within ${timeoutMs} ms; it may be in the log or not.`,
    remedy: () => 'The work is redone with a new producer. If it repeats, look at the leader of that partition.',
  }),
  MR_CLIENT_RECORD_TOO_LARGE: define<{ topic: string; partition: number; sizeBytes: number; limitBytes: number }>({
    severity: 'record',
    message: ({ topic, partition, sizeBytes, limitBytes }) =>
      `A record for ${topic}-${partition} has ${sizeBytes} bytes; the limit is ${limitBytes}.`,
    remedy: () => 'Make it smaller, or raise max.request.size here and max.message.bytes of the topic.',
  }),
  MR_CLIENT_BATCH_TOO_LARGE: define<{ topic: string; partition: number; sizeBytes: number }>({
    severity: 'user',
    message: ({ topic, partition, sizeBytes }) =>
      `The broker refuses a batch of ${sizeBytes} bytes for ${topic}-${partition} as too large.`,
    remedy: () => 'Raise max.message.bytes of the topic, or lower batch.size to below it.',
  }),
  MR_CLIENT_BATCH_CORRUPT: define<{ topic: string; partition: number; offset: number; why: string }>({
    severity: 'user',
    message: ({ topic, partition, offset, why }) =>
      `${topic}-${partition} cannot be read at offset ${offset}, twice: ${why}`,
    remedy: () => 'Check the disks of its replicas. To go on without the batch, seek behind it.',
  }),
  MR_CLIENT_OFFSET_OUT_OF_RANGE: define<{ topic: string; partition: number; offset: number }>({
    severity: 'user',
    message: ({ topic, partition, offset }) => `${topic}-${partition} does not have offset ${offset}.`,
    remedy: () =>
      'Retention deleted the records, or the log was truncated. Set auto.offset.reset, or reset the application.',
  }),
  MR_CLIENT_GROUP_IN_USE: define<{ groupId: string; protocol: string }>({
    severity: 'user',
    message: ({ groupId, protocol }) =>
      `Group ${groupId} has members that share their work out in another way than '${protocol}': they run something else.`,
    remedy: ({ groupId }) =>
      `Stop them, or use another group (application.id). Who they are: kafka-consumer-groups.sh --bootstrap-server HOST:PORT --describe --members --group ${groupId}. An application of the JVM library must be stopped before Millrace takes it over; an instance that crashed is a member until its session.timeout.ms has passed.`,
  }),
  MR_CLIENT_GROUP_PROTOCOL: define<{ groupId: string; why: string }>({
    severity: 'user',
    message: ({ groupId, why }) => `A message of group ${groupId} cannot be read: ${why}.`,
    remedy: () => 'All members of a group must run the same application and a compatible version of it.',
  }),
  MR_CLIENT_CLOSED: define<{ what: string }>({
    severity: 'user',
    message: ({ what }) => `The ${what} is closed.`,
    remedy: () => 'Make a new one; a closed one is not used again.',
  }),
};
