// SPDX-License-Identifier: MIT
//
// The few things done to the document. What does not change is not touched, so that a screen reader
// and the browser have nothing to do.

/** An element that index.html is known to have. */
export const get = (id: string): HTMLElement => document.getElementById(id)!;

export function set_text(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export const set = (id: string, text: string): void => set_text(get(id), text);

export function show(id: string, shown: boolean): void {
  get(id).hidden = !shown;
}

export function make(tag: string, text = '', name = ''): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

/** Replaces the children, unless they were made of the same `key`. */
export function fill(id: string, key: string, children: () => Node[]): void {
  const parent = get(id);
  if (parent.dataset.key === key) return;
  parent.dataset.key = key;
  parent.replaceChildren(...children());
}
