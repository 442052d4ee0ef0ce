// Imported first by every command: written so that old versions of Node.js can read it and say what is wrong.

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `\nSignet needs Node.js 20.19 or newer; this is ${process.versions.node}. Get a newer one from https://nodejs.org\n`,
  );
  process.exit(1);
}
