/**
 * Nodes under a processing exception handler that goes on (KIP-1033): what a node throws ends its own work on the record; the nodes beside it still get
 * theirs. Nodes are guarded only where such a handler is set.
 */
import type { StreamNode, TableNode } from '@millrace/operators';
import type { FailedRecord } from '../task/exception-handlers.ts';

/** What happens when a node has failed. Throws what is not to be passed over. */
export type OnProcessingError = (error: unknown, node: string, record: FailedRecord) => void;

export function guardedStream(node: string, run: StreamNode, onError: OnProcessingError): StreamNode {
  return (key, value, timestamp) => {
    try {
      run(key, value, timestamp);
    } catch (error) {
      onError(error, node, { key, value, timestamp });
    }
  };
}

export function guardedTable(node: string, run: TableNode, onError: OnProcessingError): TableNode {
  return (key, newValue, oldValue, timestamp) => {
    try {
      run(key, newValue, oldValue, timestamp);
    } catch (error) {
      onError(error, node, { key, value: newValue, timestamp });
    }
  };
}
