/** A picture as the server takes it: square, 256 pixels, at most 65,535 bytes (protocol.md §6). */

const SIDE = 256;
const MOST_BYTES = 65_535;
const QUALITIES = [0.9, 0.75, 0.5, 0.3];

/** Cut to the middle square and encoded as small as needed. Rejects if it is no picture the browser can read. */
export async function shrunk(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const side = Math.min(bitmap.width, bitmap.height);
  const canvas = Object.assign(document.createElement('canvas'), { width: SIDE, height: SIDE });
  const left = (bitmap.width - side) / 2;
  const top = (bitmap.height - side) / 2;
  canvas.getContext('2d')?.drawImage(bitmap, left, top, side, side, 0, 0, SIDE, SIDE);
  bitmap.close();
  for (const quality of QUALITIES) {
    const blob = await encoded(canvas, quality);
    if (blob.size <= MOST_BYTES) return blob;
  }
  throw new Error('the picture cannot be made small enough');
}

function encoded(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    const taken = (blob: Blob | null) => {
      if (blob === null) reject(new Error('the browser cannot encode a picture'));
      else resolve(blob);
    };
    canvas.toBlob(taken, 'image/jpeg', quality);
  });
}
