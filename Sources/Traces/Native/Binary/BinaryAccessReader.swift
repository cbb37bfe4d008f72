import Operations

/// Reads a binary native trace that is nothing but accesses, in constant memory beyond the file itself.
///
/// For traces too large to be held as a ``Program``: what an importer made of millions of foreign records. Any other
/// statement is an error that says so.
public final class BinaryAccessReader: AccessSource {
    /// How many statements were read.
    public private(set) var recordCount: UInt64 = 0
    /// Nothing is ever skipped.
    public var skipped: [(kind: String, count: UInt64)] { [] }

    private let bytes: UnsafeMutableRawBufferPointer
    private let file: String
    private var reader: BinaryReader
    private var block: [Statement] = []
    private var place = 0

    /// Starts on a file.
    ///
    /// - Parameters:
    ///   - contents: The file's bytes, which are copied.
    ///   - file: Its name, for errors.
    /// - Throws: what is wrong with its two ends or its names.
    public init(_ contents: [UInt8], file: String) throws(TraceErrors) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 1)
        copy.copyBytes(from: contents)
        bytes = copy
        self.file = file
        do throws(TraceErrors) {
            reader = try BinaryReader(UnsafeRawBufferPointer(copy), file: file)
        } catch {
            copy.deallocate()
            throw error
        }
    }

    deinit { bytes.deallocate() }

    /// How many statements the file says to have.
    public var statementCount: UInt64 { reader.statementCount }

    /// Reads the next accesses; see ``AccessSource/read(into:)``.
    public func read(
        into target: UnsafeMutableBufferPointer<MemoryAccess>
    ) throws(TraceErrors) -> Int {
        if place == block.count {
            guard let next = try reader.next() else { return 0 }
            block = next.statements
            place = 0
        }
        var count = 0
        while count < target.count, place < block.count {
            guard case .operation(_, .access(let access, _, _)) = block[place].body else {
                throw TraceErrors([
                    TraceError(
                        file: file, line: Int(block[place].line),
                        found: "a statement that is no access",
                        expected: "loads, stores and fetches only, in a trace of more than "
                            + "\(NativeLimits.statements) statements")
                ])
            }
            target[count] = access
            count += 1
            place += 1
        }
        recordCount += UInt64(count)
        return count
    }
}
