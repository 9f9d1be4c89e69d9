/// The unit of a product's tiles: what the registers hold of C at most. The inner loops are in C (target `CKernels`),
/// where they are compiled for each instruction set; those with fewer registers go through it 6 rows at a time.
enum RegisterTile {
  static let rows = 24
  static let columns = 16
}
