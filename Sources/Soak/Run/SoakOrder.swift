/// Puts pieces of work that are done in any order into that of their seeds.
struct SoakOrder {
    private var waiting: [UInt64: SoakRun.Batch] = [:]
    private var next: UInt64 = 0
    private var block: SoakBlock
    /// All that is in order.
    private(set) var total = SoakTally()
    /// The seed of the first difference in order.
    private(set) var found: UInt64?
    /// Whether a block was told.
    private var hasTold = false
    /// Whether some piece has a difference, so that nothing further needs to begin.
    private(set) var isDecided = false

    /// Begins with the piece of a seed.
    init(first: UInt64) { block = SoakBlock(first: first) }

    /// Takes a piece that is done.
    ///
    /// - Parameters:
    ///   - batch: What came of it.
    ///   - number: Its place in the order.
    ///   - tell: Takes each block that is complete, with how many programs there were.
    mutating func take(
        _ batch: SoakRun.Batch, _ number: UInt64, _ tell: (SoakBlock, Int) -> Void
    ) {
        if batch.found != nil { isDecided = true }
        waiting[number] = batch
        while found == nil, let batch = waiting.removeValue(forKey: next) {
            next += 1
            total += batch.tally
            block.tally += batch.tally
            found = batch.found
            if block.tally.programs >= SoakRun.block { close(tell) }
        }
    }

    /// Tells the rest, unless it is all.
    mutating func end(_ tell: (SoakBlock, Int) -> Void) {
        if hasTold, block.tally.programs > 0 { close(tell) }
    }

    private mutating func close(_ tell: (SoakBlock, Int) -> Void) {
        tell(block, total.programs)
        hasTold = true
        block = SoakBlock(first: block.first &+ UInt64(block.tally.programs))
    }
}
