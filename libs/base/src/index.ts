export { MillraceError, invariant, millraceError } from './errors/millrace-error.ts';
export { errorCatalogue, type ErrorCode } from './errors/catalogue.ts';
export type { ErrorDefinition, Severity } from './errors/define.ts';
export type { Clock, Timer } from './clock.ts';
export { seededRandom, type Random } from './random.ts';
export { silentLogger, withFields, type LogFields, type LogLevel, type Logger } from './logger.ts';
export { durationMs, signedDurationMs, type Duration, type DurationUnits } from './duration.ts';
export { javaHash } from './java-hash.ts';
export { systemClock, systemRandom } from './system.ts';
