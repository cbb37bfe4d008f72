import Operations

extension BinaryReader {
    /// Checks that a block of the index lists the next blocks of statements.
    func checkIndex(
        _ block: RawBlock, _ rest: inout ArraySlice<(offset: Int, count: Int)>
    ) throws(TraceErrors) {
        guard block.kind == .index else {
            throw scanner.error(
                at: block.offset, "a block of \(block.kind)", "an index or the trailer")
        }
        try Self.decoding(block, file) { input throws(NativeFault) in
            for _ in 0..<block.count {
                let place = input.position
                let previous = rest.startIndex > 0 ? blocks[rest.startIndex - 1].offset : 0
                let offset = try input.number()
                let count = try input.number()
                guard let expected = rest.popFirst(),
                    offset == UInt64(expected.offset - previous), count == UInt64(expected.count)
                else { throw input.fault(at: place, "an entry of no block", "that of a block") }
            }
        }
    }

    /// Adds the names of a block to a table.
    static func addSymbols(
        of block: RawBlock, to symbols: inout SymbolTable, _ file: String
    ) throws(TraceErrors) {
        try decoding(block, file) { input throws(NativeFault) in
            for _ in 0..<block.count {
                let place = input.position
                guard let kind = SymbolTable.Kind(rawValue: try input.byte()) else {
                    throw input.fault(at: place, "an unknown kind of name", "0 to 6")
                }
                let entry = SymbolTable.Entry(
                    name: try input.text(), kind: kind, address: try input.number(),
                    size: try input.number())
                let before = symbols.entries.count
                guard symbols.add(entry) != nil, symbols.entries.count > before else {
                    throw input.fault(at: place, "a name for the second time", "another")
                }
            }
        }
    }

    /// Reads the records of a block, which must be all there is in it.
    static func decoding(
        _ block: RawBlock, _ file: String,
        _ body: (inout BinaryInput) throws(NativeFault) -> Void
    ) throws(TraceErrors) {
        try locating(block, file) { raw throws(NativeFault) in
            var input = BinaryInput(raw)
            try body(&input)
            guard !input.isAtEnd else { return }
            throw input.fault("more data", "the end of the block")
        }
    }

    /// Reads a block's bytes; a fault in them is told with the place of the block.
    static func locating(
        _ block: RawBlock, _ file: String,
        _ body: (UnsafeBufferPointer<UInt8>) throws(NativeFault) -> Void
    ) throws(TraceErrors) {
        let fault = block.raw.withUnsafeBufferPointer { raw -> NativeFault? in
            do throws(NativeFault) {
                try body(raw)
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw located(fault, block, file) }
    }

    /// A fault in a block's bytes as an error of the file.
    static func located(_ fault: NativeFault, _ block: RawBlock, _ file: String) -> TraceErrors {
        let place = "\(fault.found) (byte \(fault.place) of the block's data)"
        return TraceErrors([
            TraceError(
                file: file, byte: UInt64(block.offset), found: place, expected: fault.expected)
        ])
    }
}
