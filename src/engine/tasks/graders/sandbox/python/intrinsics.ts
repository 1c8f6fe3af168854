/** JavaScript's built-in objects, made unchangeable: what a process relies on after it has run code from outside. */
export function freezeIntrinsics(): void {
  const seen = new Set<object>();
  const freeze = (value: unknown): void => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
    seen.add(value);
    for (const { value: inner, get, set } of Object.values(Object.getOwnPropertyDescriptors(value))) [inner, get, set].forEach(freeze);
    freeze(Object.getPrototypeOf(value));
    Object.freeze(value);
  };
  const names = ['Object', 'Function', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'BigInt', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Promise', 'Proxy', 'RegExp', 'Date', 'ArrayBuffer', 'DataView', 'Uint8Array', 'Int32Array', 'Error', 'RangeError', 'TypeError', 'JSON', 'Math', 'Reflect', 'WebAssembly'];
  for (const name of names) freeze(Reflect.get(globalThis, name));
}
