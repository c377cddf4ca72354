/**
 * Builds an element. Children are nodes or text; text is never parsed as HTML, so what people and apps write stays text.
 * Attributes starting with `on` are listeners; undefined, null and false are left out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, String(value));
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false),
  );
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A line icon, 20 by 20, in the colour of the text around it. */
export function icon(...paths) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

export const ICONS = {
  hash: ["M4 7.5h13M3 12.5h13M8 3 6.5 17M13.5 3 12 17"],
  lock: ["M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9"],
  home: ["M3 9.5 10 4l7 5.5M5 8.5V16h10V8.5"],
  reply: [
    "M3 5.5A1.5 1.5 0 0 1 4.500 4h11A1.500 1.500 0 0 1 17 5.500v7a1.500 1.500 0 0 1-1.500 1.500H9l-4 3v-3h-.5A1.500 1.500 0 0 1 3 12.500z",
  ],
  close: ["m5 5 10 10M15 5 5 15"],
  send: ["M3.500 10 17 4l-4 13-3-5.500z", "m10 11.500 7-7.500"],
  eye: ["M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5z", "M10 12.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400z"],
  cluster: [
    "m10 2.500 6.500 3.750v7.500L10 17.500l-6.500-3.750v-7.500z",
    "m3.500 6.250 6.500 3.750 6.500-3.750M10 10v7.500",
  ],
  sun: [
    "M10 13.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7z",
    "M10 1.500v2M10 16.500v2M1.500 10h2M16.500 10h2M4 4l1.400 1.400M14.600 14.600 16 16M4 16l1.400-1.400M14.600 5.400 16 4",
  ],
  chevron: ["m6 8 4 4 4-4"],
  warning: ["M10 3 18 16.500H2z", "M10 8v4M10 14.200v.1"],
  back: ["M12 4.500 6.500 10l5.500 5.500"],
  globe: [
    "M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15z",
    "M2.500 10h15M10 2.500c4 4 4 11 0 15-4-4-4-11 0-15z",
  ],
};
