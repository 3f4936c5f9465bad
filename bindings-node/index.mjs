// For programs in a checkout that name this file. From a package, `import` and `require` load the same module.
export * from "./dist/index.js";
