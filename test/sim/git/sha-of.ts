/** The commit id that stands for a name, such as `main-3`: 40 hexadecimal digits, the same in every world. */
export function shaOf(name: string): string {
  let sha = "";
  for (let part = 0; part < 5; part += 1) {
    let hash = 0x81_1c_9d_c5 ^ (part * 0x9e_37_79_b1);
    for (let index = 0; index < name.length; index += 1) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01_00_01_93);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
    sha += ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, "0");
  }
  return sha;
}
