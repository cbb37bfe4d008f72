import CElfutils
import Glibc
import Operations
import Traces

/// An ELF file that names addresses and program counters: its symbols, and its DWARF line tables and functions.
///
/// Executables, shared objects and relocatable files, of 32 and 64 bits, of either byte order; DWARF up to version 5,
/// compressed sections too. What a stripped file lacks is not named. elfutils does the reading (decision 0016). No other
/// file is opened: separate debug information is named as a file of its own.
///
/// An address of the trace is the file's plus ``offset``, modulo 2^64. In a relocatable file the sections that are loaded
/// lie one after the other, as the file has them and as their alignment asks, from ``offset`` on.
public final class ELFFile {
    /// The name of the file for errors, as the caller gave it.
    public let file: String
    /// What is added to an address of the file to get one of the trace, modulo 2^64.
    public let offset: UInt64
    /// The data symbols at the trace's addresses, ascending by address and size.
    public private(set) var data: [SymbolTable.Entry] = []

    let headers: ELFHeaders
    let module: OpaquePointer
    /// elfutils' addresses are the file's plus this.
    let shift: UInt64
    /// The functions at the trace's addresses, ascending by address and size.
    public private(set) var functions: [SymbolTable.Entry] = []
    private(set) var units: DebugUnits?
    private var places: [UInt64: CodePlace?] = [:]
    private let session: OpaquePointer
    private let callbacks: UnsafeMutablePointer<Dwfl_Callbacks>

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: Its path.
    ///   - offset: What to add to its addresses.
    /// - Throws: what the system says, or where the file is no ELF file, cut short or damaged.
    /// - Complexity: O(*n* log *n*) in the number of symbols and of address ranges of compilation units.
    public init(path: String, offset: UInt64 = 0) throws(TraceErrors) {
        file = path
        self.offset = offset
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw TraceErrors([
                TraceError(
                    file: path, found: String(cString: strerror(errno)), expected: "an ELF file")
            ])
        }
        var isOwned = true
        defer { if isOwned { close(descriptor) } }
        headers = try ELFHeaders(descriptor, file: path)
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(to: Dwfl_Callbacks())
        // Looking for other files, by name or in the network, is not wanted.
        callbacks.pointee.find_debuginfo = { _, _, _, _, _, _, _, _ in -1 }
        callbacks.pointee.section_address = dwfl_offline_section_address
        guard let session = dwfl_begin(callbacks) else {
            callbacks.deallocate()
            throw Self.refusal(path, "an ELF file")
        }
        guard let module = dwfl_report_offline(session, path, path, descriptor) else {
            let refusal = Self.refusal(path, "an ELF file")
            dwfl_end(session)
            callbacks.deallocate()
            throw refusal
        }
        isOwned = false
        dwfl_report_end(session, nil, nil)
        self.session = session
        self.module = module
        var bias: GElf_Addr = 0
        let elf = dwfl_module_getelf(module, &bias)
        var start: Dwarf_Addr = 0
        dwfl_module_info(module, nil, &start, nil, nil, nil, nil, nil)
        shift = headers.kind == .relocatable ? start : bias
        guard let elf else { throw Self.refusal(path, "an ELF file") }
        (data, functions) = symbols(elf)
        units = try DebugUnits(self, elf)
    }

    deinit {
        dwfl_end(session)
        callbacks.deinitialize(count: 1)
        callbacks.deallocate()
    }

    /// The code at a program counter of the trace; nil: the file has none there.
    ///
    /// - Throws: where the DWARF line table or the unit's entries cannot be read.
    /// - Complexity: O(log *n*) in the number of symbols, and once per program counter O(*d*) in the entries of its
    ///   compilation unit.
    public func place(of programCounter: UInt64) throws(TraceErrors) -> CodePlace? {
        if let known = places[programCounter] { return known }
        var place = try units?.place(of: programCounter &- offset &+ shift) ?? CodePlace()
        if place.functions.isEmpty, let entry = functions.innermost(holding: programCounter) {
            place.functions = [entry.name]
        }
        let found = place.functions.isEmpty && place.source == nil ? nil : place
        places[programCounter] = .some(found)
        return found
    }

    /// What elfutils has against a file, as an error.
    static func refusal(_ file: String, byte: UInt64? = nil, _ expected: String) -> TraceErrors {
        let code = dwfl_errno()
        let words = dwfl_errmsg(code == 0 ? -1 : code).map { String(cString: $0) } ?? "damage"
        return TraceErrors([TraceError(file: file, byte: byte, found: words, expected: expected)])
    }

    /// A name of the file, fit to be shown: bytes that are no UTF-8 and control characters are replaced.
    static func name(_ bytes: UnsafePointer<CChar>?) -> String? {
        guard let bytes, bytes.pointee != 0 else { return nil }
        let text = String(cString: bytes)
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            return text
        }
        var shown = ""
        for scalar in text.unicodeScalars {
            shown.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar)
        }
        return shown
    }
}

/// Where a program counter is in the source.
public struct CodePlace: Hashable, Sendable {
    /// The functions that it is in, innermost first: all but the last are inlined in the next.
    public var functions: [String] = []
    /// The line of source.
    public var source: Annotations.SourceLine?

    /// The functions in words: `refill (inlined in poll_ring)`; nil: none is known.
    public var function: String? {
        guard let first = functions.first else { return nil }
        let outer = functions.dropFirst()
        return outer.isEmpty ? first : "\(first) (inlined in \(outer.joined(separator: ", in ")))"
    }
}
