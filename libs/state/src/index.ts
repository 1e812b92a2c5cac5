export { headless } from './kept-value.ts';
export { keyValueAccess, keyValueWithHeadersAccess, timestampedKeyValueAccess } from './key-value-access.ts';
export { KeyValueStore } from './key-value-store.ts';
export { keyValueLocalKey, localValue, readWindowChangelogKey, segmentMs, windowLocalKey } from './local-keys.ts';
export { recordContext, type RecordContext, type RecordOrigin } from './record-context.ts';
export { BufferedChange } from './buffered-change.ts';
export { decodePosition, encodePosition, type Position } from './position.ts';
export { loggedChange, readBufferedChange, type WaitingChange } from './read-buffered-change.ts';
export { encodeRecordContext, type RecordCircumstances } from './record-context-bytes.ts';
export { LruStore, type LruStoreOptions } from './lru-store.ts';
export { ShortWindowStore } from './short-window-store.ts';
export { UntimedKeyValueStore, UntimedWindowStore } from './untimed-stores.ts';
export { JoinBuffer, type JoinBufferOptions } from './join-buffer.ts';
export type { TableStore } from './table-store.ts';
export { SuppressBuffer, type BufferChangelog, type SuppressBufferOptions } from './suppress-buffer.ts';
export { sessionAccess, sessionWithHeadersAccess } from './session-access.ts';
export { residentEngine } from './resident-engine.ts';
export { stateMemory, type StateMemory } from './state-memory.ts';
export type { StoreEntry } from './store-entry.ts';
export { timeAfter, type StoreRow } from './store-row.ts';
export type { DrainedChanges, ForwardChange, TaskStore, TaskStoreOptions } from './task-store.ts';
export {
  duplicatesAccess,
  spanWindows,
  timestampedWindowAccess,
  windowAccess,
  windowWithHeadersAccess,
  type WindowRows,
} from './window-access.ts';
export { WindowStore, type ClosedRow, type WindowStoreOptions } from './window-store.ts';
export { JoinWaitingStore, waitingItem, waitingPlace, type WaitingRow } from './join-waiting-store.ts';
export { JoinWindowStore, type JoinRow } from './join-window-store.ts';
export { isHeldStore, isRestored, type StateStore } from './state-store.ts';
export { sessions, windowsOfSize, type Span, type SpanKind } from './span-kind.ts';
export { versionedAccess } from './versioned-access.ts';
export { VersionedStore, type FoundValue, type VersionedStoreOptions } from './versioned-store.ts';
export { readSegmentRow, segmentRow, withEarliest, withLatest, writeSegmentRow } from './versioned-segment.ts';
export { SpanStore, type SpanRow, type SpanStoreOptions } from './span-store.ts';
export {
  isReadable,
  keyOfRead,
  singleKey,
  type IsolationLevel,
  type KeyBounds,
  type ReadRow,
  type ReadableStore,
  type StoreRead,
} from './store-read.ts';
