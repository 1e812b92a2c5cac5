export {
  keyValueLocalKey,
  readWindowChangelogKey,
  segmentMs,
  windowChangelogKey,
  windowLocalKey,
} from './local-keys.ts';
export { TaskStore, localValue, type ChangelogWriter, type StoreEntry, type TaskStoreOptions } from './task-store.ts';
