import { expect, test } from '@jest/globals';
import cassandra from 'cassandra-driver';
import { sinkError } from './driver-error.ts';

const { errors, types } = cassandra;
const doing = { what: 'writing to t', contactPoints: 'a, b', table: 't' };
const answer = (code: number, message = 'because'): Error => new errors.ResponseError(code, message);
const noHost = (...inner: Error[]): Error =>
  new errors.NoHostAvailableError(Object.fromEntries(inner.map((one, i) => [`host-${i}`, one])) as never);
const codes = types.responseErrorCodes;

test.each([
  ['no node is up', noHost(), 'MR_SINK_UNREACHABLE', 'retriable'],
  ['no node answers', noHost(new errors.OperationTimedOutError('slow')), 'MR_SINK_UNREACHABLE', 'retriable'],
  ['a wrong password', noHost(new errors.AuthenticationError('bad')), 'MR_SINK_AUTHENTICATION', 'user'],
  ['a wrong data centre', noHost(new errors.ArgumentError('localDataCenter')), 'MR_SINK_REFUSED', 'user'],
  ['a missing right', answer(codes.unauthorized), 'MR_SINK_AUTHENTICATION', 'user'],
  ['overload', answer(codes.overloaded), 'MR_SINK_OVERLOADED', 'retriable'],
  ['too few replicas', answer(codes.unavailableException), 'MR_SINK_OVERLOADED', 'retriable'],
  ['a write time-out', answer(codes.writeTimeout), 'MR_SINK_OVERLOADED', 'retriable'],
  ['overload of all nodes', noHost(answer(codes.overloaded)), 'MR_SINK_OVERLOADED', 'retriable'],
  ['a time-out of the driver', new errors.OperationTimedOutError('slow'), 'MR_SINK_OVERLOADED', 'retriable'],
  ['a busy connection', new errors.BusyConnectionError('a', 1, 1), 'MR_SINK_OVERLOADED', 'retriable'],
  ['bad CQL', answer(codes.syntaxError), 'MR_SINK_REFUSED', 'user'],
  ['a table that went away', answer(codes.invalid, 'unconfigured table t'), 'MR_SINK_REFUSED', 'user'],
  ['an empty key', answer(codes.invalid, 'Key may not be empty'), 'MR_SINK_ROW_REFUSED', 'record'],
  ['a value of another type', new TypeError('Not a valid int'), 'MR_SINK_ROW_REFUSED', 'record'],
])('%s', (_name, cause, code, severity) => {
  expect(sinkError(cause, doing)).toMatchObject({ code, severity });
});

test('outside of writes an invalid request is never the fault of a record', () => {
  const { table: _table, ...opening } = doing;
  expect(sinkError(answer(codes.invalid, 'Key may not be empty'), opening)).toMatchObject({ severity: 'user' });
});
