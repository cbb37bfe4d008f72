import Events
import Operations
import Quantities

extension Machine where P: ~Copyable {
    /// Stops a debug build whose books do not balance.
    ///
    /// - Complexity: O(cores); after every 4,096th statement, or in small caches each, O(lines).
    mutating func checkLaws() {
        #if DEBUG
            ledger.statements += 1
            for core in 0..<cores.count {
                assert(
                    ledger.told[core] == cores[core].toldUntil,
                    "core \(core): told \(ledger.told[core]) of \(cores[core].toldUntil) ticks")
            }
            assert(
                ledger.traffic == ledger.asked,
                "memory's pins moved \(ledger.traffic), asked for were \(ledger.asked)")
            assert(memory.isWithinRate, "memory's pins moved more than their rate")
            guard isSmall || ledger.statements % 4_096 == 0 else { return }
            checkLines()
            if !ledger.allowsSeveralWriters, hasLevel1Data, cores.count > 1 { checkWriters() }
        #endif
    }

    #if DEBUG
        /// Whether all lines can be looked at after each statement.
        private var isSmall: Bool {
            func lines(_ bank: borrowing CacheBank) -> Int {
                Int(bank.setMask + 1) * bank.ways * bank.copies
            }
            return lines(level1Data) + lines(level1Instruction) + lines(level2) + lines(level3)
                <= 128
        }

        private func checkLines() {
            let copies = level1Data.copies
            Self.check(level1Data, copies, "L1D")
            Self.check(level1Instruction, copies, "L1I")
            Self.check(level2, level2.copies, "L2")
            Self.check(level3, 1, "L3")
        }

        private static func check(_ bank: borrowing CacheBank, _ copies: Int, _ name: String) {
            let there = (0..<copies).reduce(0) { $0 + bank.allEntries($1).count }
            assert(
                bank.filled - bank.left == UInt64(there),
                "\(name): \(bank.filled) filled, \(bank.left) left, \(there) there")
        }

        private func checkWriters() {
            for core in 0..<cores.count {
                for entry in level1Data.allEntries(core) where entry & CacheBank.dirty != 0 {
                    let line = level1Data.line(ofEntry: entry)
                    for other in 0..<cores.count where other != core {
                        let index = level1Data.peek(line, other)
                        guard index >= 0 else { continue }
                        let isOwned = entry & CacheBank.shared != 0
                        assert(
                            isOwned && level1Data.entries[index] & CacheBank.dirty == 0,
                            "core \(core) holds line \(line) dirty, and core \(other) has it")
                    }
                }
            }
        }
    #endif
}
