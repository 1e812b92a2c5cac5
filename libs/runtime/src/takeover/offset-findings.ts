/** Whether the committed offsets of an application are those of the inputs of a topology here, and can be gone on from. */
import type { CommittedOffset, TopicPartition } from '@millrace/ports';
import { decodeOffsetMetadata, offsetMetadataVersion } from '../task/offset-metadata.ts';
import { nameOf, type LogRange } from './cluster-looks.ts';
import { differs, fits, note, type Finding } from './finding.ts';

export interface OffsetFacts {
  readonly applicationId: string;
  readonly committed: readonly CommittedOffset[];
  readonly inputs: readonly TopicPartition[];
  /** First offset and end of each input, by `topic-partition`. */
  readonly logs: ReadonlyMap<string, LogRange>;
  /** Names of the topology's stores: progress of final results is kept under them. */
  readonly stores: ReadonlySet<string>;
  /** Changelogs hold something; only asked when nothing is committed. */
  readonly kept: boolean;
}

export function offsetFindings(facts: OffsetFacts): readonly Finding[] {
  const { committed, inputs } = facts;
  if (committed.length === 0) return [nothingCommitted(facts)];
  const read = new Set(inputs.map(nameOf));
  const foreign = [...new Set(committed.filter((one) => !read.has(nameOf(one))).map(({ topic }) => topic))];
  const own = committed.filter((one) => read.has(nameOf(one)));
  const faults = [
    ...foreign.map((topic) =>
      differs(
        'offsets',
        `Offsets are committed for ${topic}, which this topology does not read.`,
        'The JVM application reads it: read it here too. If an earlier version of it did, delete those offsets: kafka-consumer-groups.sh --delete-offsets --group APPLICATION_ID --topic TOPIC.',
      ),
    ),
    ...own.flatMap((one) => [...rangeFindings(facts, one), ...metadataFindings(facts, one)]),
    ...notCommitted(facts),
  ];
  const sum = `${own.length} of ${inputs.length} input partitions have committed offsets`;
  const known = own.filter(({ metadata }) => decodeOffsetMetadata(metadata).partitionTime >= 0).length;
  return [fits('offsets', `${sum}; ${known} of them tell the event time.`), ...faults];
}

function nothingCommitted({ applicationId, kept }: OffsetFacts): Finding {
  if (!kept)
    return note(
      'offsets',
      'The group has committed nothing: every input is read from its beginning.',
      'If the JVM application has run, the application id is another one: look at kafka-consumer-groups.sh --list.',
    );
  return differs(
    'offsets',
    `The group has committed nothing, but changelogs hold records: its state would be restored, and all of the input added to it again.`,
    `A broker forgets offsets of a group that nobody was in for offsets.retention.minutes (7 days), and they can be deleted. Set them to where the application stopped (kafka-consumer-groups.sh --group ${applicationId} --reset-offsets), or delete its internal topics to begin anew.`,
  );
}

function rangeFindings({ logs }: OffsetFacts, { topic, partition, offset }: CommittedOffset): readonly Finding[] {
  const log = logs.get(nameOf({ topic, partition }));
  if (log === undefined || (offset >= log.first && offset <= log.end)) return [];
  const where = `${topic}-${partition} is committed at ${offset}`;
  return offset < log.first
    ? [
        differs(
          'offsets',
          `${where}, but begins at ${log.first}: ${log.first - offset} records were deleted before they were processed.`,
          'They are lost to the JVM application too. Raise the retention of the topic; to go on without them, reset the offset to the first one that is there.',
        ),
      ]
    : [
        differs(
          'offsets',
          `${where}, but ends at ${log.end}: it is not the topic that the offset was committed for.`,
          'The topic was deleted and made anew, or this is another cluster. Correct the offsets with kafka-consumer-groups.sh --reset-offsets.',
        ),
      ];
}

function metadataFindings(
  { stores }: OffsetFacts,
  { topic, partition, metadata }: CommittedOffset,
): readonly Finding[] {
  const { emitted } = decodeOffsetMetadata(metadata);
  const where = `${topic}-${partition}`;
  const version = offsetMetadataVersion(metadata);
  if (version === undefined || version > 2)
    return [
      note(
        'offsets',
        `${where}: ${metadata === '' ? 'the offset has no metadata' : `its metadata '${metadata.slice(0, 40)}' is ${version === undefined ? 'none of Kafka Streams' : `of version ${version}, which is not known here`}`}, so its event time is unknown.`,
        'Event time begins anew with the next record, as it would on the JVM: windows that had closed would take late records again. An offset that was reset by hand has none.',
      ),
    ];
  return [...emitted.keys()]
    .filter((store) => !stores.has(store))
    .map((store) =>
      differs(
        'offsets',
        `${where} tells how far final results of store ${store} were sent, which this topology does not have.`,
        'Name the store as the JVM application does; otherwise results of closed windows would be sent again.',
      ),
    );
}

/** Inputs with records, but without an offset, although others have one. */
function notCommitted({ committed, inputs, logs }: OffsetFacts): readonly Finding[] {
  const known = new Set(committed.map(nameOf));
  return inputs.flatMap((one) => {
    const log = logs.get(nameOf(one));
    if (known.has(nameOf(one)) || log === undefined || log.end === log.first) return [];
    return [
      note(
        'offsets',
        `${nameOf(one)} has ${log.end - log.first} records and no committed offset: it is read as auto.offset.reset says.`,
      ),
    ];
  });
}
