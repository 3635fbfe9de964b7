export const resolve = (name, context, next) =>
  name === 'better-sqlite3' ? { url: new URL('./table.mjs', import.meta.url).href, shortCircuit: true } : next(name, context);
