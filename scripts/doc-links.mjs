// Every relative link in the docs leads to a file, and every anchor to a heading in it.

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root, run, stop } from "./run.mjs";

const { output } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  capture: true,
});
const files = output.split("\n").filter((file) => file !== "" && existsSync(root + file));
const broken = files.flatMap((file) =>
  linksOf(file)
    .filter((link) => !leadsSomewhere(file, link))
    .map((link) => `${file}: ${link}`),
);
if (broken.length > 0) stop("These links lead nowhere.", broken.join("\n"));
process.stdout.write(`${files.length} documents\n`);

/** @param {string} file */
function linksOf(file) {
  const text = readFileSync(root + file, "utf8").replaceAll(/```[\s\S]*?```/g, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? "");
  return links.filter((link) => !/^(https?:|mailto:)/.test(link));
}

/** @param {string} file @param {string} link */
function leadsSomewhere(file, link) {
  const [path = "", anchor] = decodeURIComponent(link).split("#");
  const target = path === "" ? root + file : join(root, dirname(file), path);
  if (!existsSync(target) || relative(root, target).startsWith("..")) return false;
  if (anchor === undefined || statSync(target).isDirectory()) return true;
  const headings = readFileSync(target, "utf8").matchAll(/^#+ +(.*)$/gm);
  return [...headings].some(([, heading]) => slug(heading ?? "") === anchor);
}

/** As the common hosts make anchors of headings. @param {string} heading */
function slug(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}
