interface Leaf<T> {
  readonly item: T;
  parent: Leaf<T> | undefined;
  left: Leaf<T> | undefined;
  right: Leaf<T> | undefined;
  red: boolean;
}

/**
 * A red-black tree with the insertion of Java's `TreeMap`. The comparison may change between insertions: then it is the shape of the tree that
 * decides where an item goes, so the shape must be the same.
 */
export class InsertionTree<T> {
  readonly #compare: (a: T, b: T) => number;
  #root: Leaf<T> | undefined;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  add(item: T): void {
    let parent: Leaf<T> | undefined;
    let order = 0;
    for (let at = this.#root; at !== undefined; at = order < 0 ? at.left : at.right) {
      parent = at;
      order = this.#compare(item, at.item);
      if (order === 0) return;
    }
    const leaf: Leaf<T> = { item, parent, left: undefined, right: undefined, red: true };
    if (parent === undefined) this.#root = leaf;
    else if (order < 0) parent.left = leaf;
    else parent.right = leaf;
    this.#balance(leaf);
  }

  items(): T[] {
    const found: T[] = [];
    const walk = (at: Leaf<T> | undefined): void => {
      if (at === undefined) return;
      walk(at.left);
      found.push(at.item);
      walk(at.right);
    };
    walk(this.#root);
    return found;
  }

  #balance(added: Leaf<T>): void {
    let at = added;
    for (let parent = at.parent; parent?.red === true; parent = at.parent) {
      const grandparent = parent.parent;
      if (grandparent === undefined) break;
      const isLeft = grandparent.left === parent;
      const uncle = isLeft ? grandparent.right : grandparent.left;
      if (uncle?.red === true) {
        parent.red = uncle.red = false;
        grandparent.red = true;
        at = grandparent;
        continue;
      }
      if (at === (isLeft ? parent.right : parent.left)) {
        at = parent;
        this.#rotate(at, isLeft);
      }
      if (at.parent !== undefined) at.parent.red = false;
      grandparent.red = true;
      this.#rotate(grandparent, !isLeft);
    }
    if (this.#root !== undefined) this.#root.red = false;
  }

  /** Moves a node down, to the left or to the right, under the child on its other side. */
  #rotate(down: Leaf<T>, toLeft: boolean): void {
    const up = toLeft ? down.right : down.left;
    if (up === undefined) return;
    const between = toLeft ? up.left : up.right;
    if (toLeft) down.right = between;
    else down.left = between;
    if (between !== undefined) between.parent = down;
    up.parent = down.parent;
    if (down.parent === undefined) this.#root = up;
    else if (down.parent.left === down) down.parent.left = up;
    else down.parent.right = up;
    if (toLeft) up.left = down;
    else up.right = down;
    down.parent = up;
  }
}
