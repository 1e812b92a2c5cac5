/** Requests and responses of the protocol by the name of their API. */
import type { ApiName, Input, RequestOf, ResponseOf, apis } from '@millrace/protocol';

export type Request<N extends ApiName> = RequestOf<(typeof apis)[N]>;
export type Response<N extends ApiName> = Input<ResponseOf<(typeof apis)[N]>>;
