/** Names by which a topology, which is data, refers to what is not. */

/** Name of a function in `Program.functions`. */
export type FunctionRef = string;
/** Name of a serde in `Program.serdes`. */
export type SerdeRef = string;
