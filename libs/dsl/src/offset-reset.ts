import type { Duration } from '@millrace/base';

/** JVM: AutoOffsetReset. `byDuration`: with the first record that is no older than this when the task begins (KIP-1106). */
export type AutoOffsetReset = 'earliest' | 'latest' | 'none' | { readonly byDuration: Duration };
