/** One thing that a takeover check has looked at. */
export interface Finding {
  /**
   * `fits`: as it must be. `note`: worth knowing. `differs`: the takeover would go wrong, or begin with less than there is. `unseen`: the cluster does not
   * let it be looked at.
   */
  readonly verdict: 'fits' | 'note' | 'differs' | 'unseen';
  readonly about: 'topology' | 'sources' | 'internal topics' | 'group' | 'offsets' | 'transactions';
  readonly text: string;
  /** What to do; only where something is to be done. */
  readonly remedy?: string;
}

export type About = Finding['about'];

export const fits = (about: About, text: string): Finding => ({ verdict: 'fits', about, text });
export const note = (about: About, text: string, remedy?: string): Finding => ({
  verdict: 'note',
  about,
  text,
  ...(remedy === undefined ? {} : { remedy }),
});
export const differs = (about: About, text: string, remedy: string): Finding => ({
  verdict: 'differs',
  about,
  text,
  remedy,
});
export const unseen = (about: About, text: string, remedy: string): Finding => ({
  verdict: 'unseen',
  about,
  text,
  remedy,
});
