extension TraceFormat {
    /// How many bytes recognition looks at.
    public static let recognitionPrefix = 1 << 14

    /// Recognises a format by the first bytes of the decompressed content.
    ///
    /// The first line that says something decides; later lines are for the reader to complain about. Only logs that
    /// have lines of others between theirs are looked for behind it. Dinero's binary form has no mark by
    /// which it could be told from anything else, and is never guessed.
    ///
    /// - Parameter prefix: The first bytes, ``recognitionPrefix`` of them or all there are.
    /// - Returns: The format; nil if it is none that can be recognised.
    public static func recognise(_ prefix: [UInt8]) -> TraceFormat? {
        if let binary = binary(prefix) { return binary }
        let text = prefix.starts(with: [0xEF, 0xBB, 0xBF]) ? prefix.dropFirst(3) : prefix[...]
        var sawValgrind = false
        var sawTracer = false
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let bare = trimmed(line)
            guard let first = bare.first else { continue }
            if first == UInt8(ascii: "#") {
                if PerfMemGrammar.isHead(bare) { return .perfMem }
                sawTracer = sawTracer || bare.starts(with: Array("# tracer:".utf8))
                continue
            }
            if LackeyGrammar.isMessage(bare) {
                sawValgrind = true
                continue
            }
            if isHeader(bare) { return .native }
            return shape(of: line) ?? log(in: text)
        }
        return sawValgrind ? .lackey : sawTracer ? .kernelLog : nil
    }

    /// Recognises the format of a source without taking anything from it.
    ///
    /// - Throws: an error that lists the formats and shows the first bytes, if it is none of them.
    public static func recognise(_ source: ByteSource) throws(TraceErrors) -> TraceFormat {
        let prefix = try source.prefix(recognitionPrefix)
        guard !prefix.isEmpty else {
            throw TraceErrors([
                TraceError(
                    file: source.file, found: "no bytes", expected: "a trace",
                    hint: "the input is empty")
            ])
        }
        if let format = recognise(prefix) { return format }
        let known = allCases.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
        throw TraceErrors([
            TraceError(
                file: source.file, line: 1, found: shown(prefix),
                expected: "one of the formats \(known)", hint: hint(prefix))
        ])
    }

    /// What may be the matter with content that is no known format.
    private static func hint(_ prefix: [UInt8]) -> String {
        if prefix.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            return
                "this is a zip file; its members are read one by one: unzip -p FILE MEMBER | staleline … -"
        }
        if prefix.starts(with: Array("BZh".utf8)) {
            return "this is a bzip2 file; bzip2 -dc FILE | staleline … -"
        }
        if prefix.starts(with: Array("PERFILE2".utf8)) {
            return "this is perf's own file; print it with perf script or perf mem report -D -x,"
        }
        if prefix.starts(with: [0xFF, 0x06, 0x00, 0x00] + Array("sNaPpY".utf8)) {
            return "this is a snappy stream, which is not read; write it as gzip"
        }
        if isCut(prefix, "SLTB") {
            return "a binary trace starts like this; the input may be truncated"
        }
        if isCut(prefix, "staleline") {
            return "a text trace starts like this; the input may be truncated"
        }
        let isBare = prefix.split(separator: UInt8(ascii: "\n")).allSatisfy { line in
            trimmed(line).first.map { $0 == UInt8(ascii: "#") } ?? true
        }
        guard isBare else { return "name the format with --format" }
        return prefix.count < recognitionPrefix
            ? "the input has only blank lines and comments"
            : "the first \(recognitionPrefix) bytes have only blank lines and comments; "
                + "name the format with --format"
    }

    /// Whether all there is are the first bytes of a word.
    private static func isCut(_ prefix: [UInt8], _ word: String) -> Bool {
        prefix.count < word.utf8.count && word.utf8.starts(with: prefix)
    }

    /// The error of an input without content.
    static func noRecords(_ file: String) -> TraceErrors {
        TraceErrors([
            TraceError(file: file, found: "no records", expected: "at least one access")
        ])
    }

    private static func isHeader(_ line: ArraySlice<UInt8>) -> Bool {
        let word = Array("staleline".utf8)
        guard line.starts(with: word) else { return false }
        return line.dropFirst(word.count).first.map { $0 == 0x20 || $0 == 0x09 } ?? true
    }

    /// The format of content that is no text.
    private static func binary(_ prefix: [UInt8]) -> TraceFormat? {
        if prefix.starts(with: Array("SLTB".utf8)) { return .nativeBinary }
        if prefix.starts(with: Array("gem5".utf8)) { return .gem5 }
        // All others have numbers with bytes of 0, which no text has.
        guard prefix.prefix(256).contains(0) else { return nil }
        if DrmemtraceDecoder.isHead(prefix) { return .drmemtrace }
        if ProsperoDecoder.isHead(prefix) { return .prosperoBinary }
        if ChampSimDecoder.isHead(prefix, size: 64) { return .champSim }
        return ChampSimDecoder.isHead(prefix, size: 96) ? .champSimCloudSuite : nil
    }

    /// The format whose grammar takes the line.
    private static func shape(of line: ArraySlice<UInt8>) -> TraceFormat? {
        line.withUnsafeBufferPointer { bytes in
            let content = LineCursor.withoutLineEnd(bytes)
            if case .access = LackeyGrammar.parse(content) { return .lackey }
            if case .pair = LackeyGrammar.parse(content) { return .lackey }
            if case .access = ExtendedDinGrammar.parse(content) { return .extendedDin }
            if case .access = DinGrammar.parse(content) { return .din }
            if ProsperoGrammar.isLine(content) { return .prospero }
            if Gem5TextGrammar.isLine(content) { return .gem5Text }
            if CSVGrammar.isHead(content) { return .csv }
            if let log = log(content) { return log }
            return KernelLogReader.isLine(content) ? .kernelLog : nil
        }
    }

    /// The format of a log in which lines of others may stand.
    private static func log(_ line: UnsafeBufferPointer<UInt8>) -> TraceFormat? {
        if ExeclogGrammar.isLine(line) { return .execlog }
        if TarmacGrammar.isLine(line) { return .tarmac }
        if DrmemtraceTextGrammar.isLine(line) { return .drmemtraceText }
        if RenodeGrammar.isLine(line) { return .renode }
        if SPEGrammar.isLine(line) { return .spe }
        return PerfScriptGrammar.start(line) == nil ? nil : .perfScript
    }

    /// The first such format among the lines.
    private static func log(in text: ArraySlice<UInt8>) -> TraceFormat? {
        // A last line that is cut tells nothing wrong: it only may tell nothing.
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let found = line.withUnsafeBufferPointer { log(LineCursor.withoutLineEnd($0)) }
            if let found { return found }
        }
        return nil
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = line.drop { $0 == 0x20 || $0 == 0x09 }
        while let last = rest.last, last == 0x20 || last == 0x09 || last == 0x0D {
            rest.removeLast()
        }
        return rest
    }
}
