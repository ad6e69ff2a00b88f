// The comparison: sharp behind node:http, the way its own documentation would have one write it.
// node server.mjs PORT FOLDER; GET /<file>?w=400&fm=webp
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import sharp from "sharp";

const [port, folder] = process.argv.slice(2);
sharp.cache(false);
sharp.concurrency(1);
const encoders = {
  jpeg: (image) => image.jpeg({ quality: 75, progressive: true, optimiseCoding: true }),
  webp: (image) => image.webp({ quality: 75 }),
  avif: (image) => image.avif({ quality: 50, effort: 1 }),
};

createServer(async (request, response) => {
  const url = new URL(request.url, "http://bench");
  try {
    const bytes = await readFile(join(folder, basename(url.pathname)));
    const format = url.searchParams.get("fm") ?? "jpeg";
    const image = sharp(bytes).autoOrient().resize({ width: Number(url.searchParams.get("w")) });
    const made = await encoders[format](image).toBuffer();
    response.writeHead(200, { "content-type": `image/${format}`, "content-length": made.length });
    response.end(made);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(port), "127.0.0.1");
