// Makes what a release publishes, as napi-rs lays it out: the package itself, without a library, and one small package
// per platform with the library alone, which npm picks by `os`, `cpu` and `libc` from the `optionalDependencies`.
//
// `node pack.mjs FOLDER [LIBRARIES]` leaves the archives in FOLDER: the package, and every platform whose library lies in
// the folder LIBRARIES, else beside this file (`make build` makes that of this machine). Nothing in the checkout changes.
// `npm pack` alone makes one archive with this machine's library in it.
//
// `napi create-npm-dirs` makes the platforms' packages. The rest is by hand: `napi artifacts` refuses to work unless the
// libraries of all platforms are there, and `napi pre-publish`, which writes the `optionalDependencies`, also publishes.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = resolve(process.argv[2] ?? join(here, "../target/npm"));
const libraries = resolve(process.argv[3] ?? here);
const stage = join(folder, "stage");
const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const pack = (from) => execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: from });
/** Adds the licences, which npm takes by itself only where they have another name, and writes the manifest. */
const finish = (to, manifest) => {
  const licences = ["LICENSE-APACHE", "LICENSE-MIT"];
  for (const licence of licences) copyFileSync(join(here, "..", licence), join(to, licence));
  const files = [...manifest.files, ...licences];
  writeFileSync(join(to, "package.json"), `${JSON.stringify({ ...manifest, files }, null, 2)}\n`);
};

rmSync(folder, { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
const manifest = read(join(here, "package.json"));
copyFileSync(join(here, "package.json"), join(stage, "package.json"));
const napi = join(here, "node_modules/.bin/napi");
execFileSync(napi, ["create-npm-dirs", "--cwd", stage], { stdio: "pipe" });

const platforms = readdirSync(join(stage, "npm")).map((name) => join(stage, "npm", name));
for (const platform of platforms) {
  const manifest = read(join(platform, "package.json"));
  if (!existsSync(join(libraries, manifest.main))) continue;
  copyFileSync(join(libraries, manifest.main), join(platform, manifest.main));
  finish(platform, manifest);
  pack(platform);
}

const { devDependencies: _, napi: __, scripts: ___, ...published } = manifest;
published.files = ["dist"];
published.optionalDependencies = Object.fromEntries(
  platforms.map((platform) => [read(join(platform, "package.json")).name, manifest.version]),
);
rmSync(join(stage, "npm"), { recursive: true });
cpSync(join(here, "dist"), join(stage, "dist"), { recursive: true });
copyFileSync(join(here, "README.md"), join(stage, "README.md"));
finish(stage, published);
pack(stage);
rmSync(stage, { recursive: true });
console.log(readdirSync(folder).join("\n"));
