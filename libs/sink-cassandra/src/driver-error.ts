/** What an error of the driver means: try again later, correct something, or this one row cannot be written. */
import { MillraceError, millraceError } from '@millrace/base';
import cassandra from 'cassandra-driver';

const { errors, types } = cassandra;
const codes = types.responseErrorCodes;

/** What was done when the error came, for its message. */
export interface Doing {
  /** Such as 'writing to hashtags'. */
  readonly what: string;
  readonly contactPoints: string;
  /** The table rows were written to; only then a single row may be at fault. */
  readonly table?: string;
}

/** The error of the catalogue for whatever the driver rejected with. */
export function sinkError(cause: unknown, doing: Doing): MillraceError {
  if (MillraceError.is(cause)) return cause;
  const problem = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof errors.NoHostAvailableError) return unreachable(cause, doing);
  if (cause instanceof errors.AuthenticationError) {
    return millraceError('MR_SINK_AUTHENTICATION', { doing: doing.what, problem }, cause);
  }
  if (cause instanceof errors.ResponseError) return answered(cause, doing, problem);
  // The encoder throws TypeErrors for values that do not fit their column.
  if ((cause instanceof TypeError || cause instanceof RangeError) && doing.table !== undefined) {
    return millraceError('MR_SINK_ROW_REFUSED', { table: doing.table, problem }, cause);
  }
  if (cause instanceof errors.ArgumentError)
    return millraceError('MR_SINK_REFUSED', { doing: doing.what, problem }, cause);
  return millraceError('MR_SINK_OVERLOADED', { doing: doing.what, problem }, cause);
}

/** No node took the request. Where one said why not, that is the error. */
function unreachable(cause: cassandra.errors.NoHostAvailableError, doing: Doing): MillraceError {
  const reasons = Object.values((cause.innerErrors ?? {}) as Readonly<Record<string, unknown>>);
  const said = reasons.find(
    (one) =>
      one instanceof errors.AuthenticationError ||
      one instanceof errors.ResponseError ||
      one instanceof errors.ArgumentError,
  );
  if (said !== undefined) return sinkError(said, doing);
  const problem = reasons.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
  return millraceError(
    'MR_SINK_UNREACHABLE',
    { contactPoints: doing.contactPoints, problem: problem || 'no node is up' },
    cause,
  );
}

function answered(cause: cassandra.errors.ResponseError, { what, table }: Doing, problem: string): MillraceError {
  switch (cause.code) {
    case codes.badCredentials:
    case codes.unauthorized:
      return millraceError('MR_SINK_AUTHENTICATION', { doing: what, problem }, cause);
    case codes.invalid:
      // The tables were checked when the sink opened, so what is invalid now is the row, unless somebody took the table away.
      return table === undefined ||
        /unconfigured table|keyspace|unknown (column )?identifier|undefined column/i.test(problem)
        ? millraceError('MR_SINK_REFUSED', { doing: what, problem }, cause)
        : millraceError('MR_SINK_ROW_REFUSED', { table, problem }, cause);
    case codes.syntaxError:
    case codes.configError:
    case codes.alreadyExists:
    case codes.protocolError:
    case codes.functionFailure:
      return millraceError('MR_SINK_REFUSED', { doing: what, problem }, cause);
    default:
      return millraceError('MR_SINK_OVERLOADED', { doing: what, problem }, cause);
  }
}
