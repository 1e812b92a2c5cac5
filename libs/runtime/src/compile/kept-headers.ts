/** Between a store whose rows have headers and its changelog: there the headers are those of the record, and the value is bare (KIP-1271). */
import type { FetchedBatch, Header } from '@millrace/ports';
import { headersApart, rowWithHeaders } from '@millrace/serde';
import type { TaskStoreOptions } from '@millrace/state';
import { batchWith } from '../thread/batch-part.ts';

type Changelog = NonNullable<TaskStoreOptions['changelog']>;

/** The changelog as such a store writes to it. A deletion has the headers of the record that caused it. */
export function withHeadersApart(topic: string, changelog: Changelog): Changelog {
  return {
    append: (key, bytes, timestamp, headers?: readonly Header[]) => {
      if (bytes === null) return changelog.append(key, null, timestamp, headers);
      const row = headersApart(topic, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      changelog.append(key, row.value, timestamp, row.headers.length === 0 ? undefined : row.headers);
    },
  };
}

/** Records of the changelog as such a store takes them in. */
export function withHeadersInValues(batch: FetchedBatch): FetchedBatch {
  return batchWith(batch, {
    value: (i) => {
      const value = batch.value(i);
      return value === null ? null : rowWithHeaders(batch.headers(i), value);
    },
  });
}
