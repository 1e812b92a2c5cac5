import { define } from './define.ts';

/** Errors of the kafkajs adapter. */
export const kafkajsErrors = {
  MR_KAFKAJS_EXACTLY_ONCE: define<object>({
    severity: 'user',
    message: () =>
      'The kafkajs client cannot do exactly-once: its TxnOffsetCommit carries no group generation and its OffsetFetch cannot wait for open transactions (KIP-447), so two owners of a partition would both commit.',
    remedy: () => "Use Millrace's own client (the default), or set processing.guarantee=at_least_once.",
  }),
  MR_KAFKAJS_RETRIABLE: define<{ doing: string; message: string }>({
    severity: 'retriable',
    message: ({ doing, message }) => `kafkajs failed while ${doing}: ${message}.`,
    remedy: () => 'It is tried again. If it lasts, look at the brokers and the network.',
  }),
  MR_KAFKAJS_FAILED: define<{ doing: string; message: string }>({
    severity: 'user',
    message: ({ doing, message }) => `kafkajs failed while ${doing}: ${message}.`,
    remedy: () => 'Check the topic, the rights and the settings that the message names.',
  }),
  MR_KAFKAJS_OUT_OF_RANGE: define<{ topic: string; partition: number; offset: number }>({
    severity: 'user',
    message: ({ topic, partition, offset }) => `${topic}-${partition} no longer has offset ${offset}.`,
    remedy: () => 'The records were deleted by retention. Set auto.offset.reset, or reset the application.',
  }),
};
