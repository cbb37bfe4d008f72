/// Reads the head of a request: strictly, and no more of it than ``limit``.
enum HTTPHead {
    /// The most bytes of a head.
    static let limit = 16 << 10

    /// Where the head ends: behind its empty line; nil: not yet.
    static func end(in bytes: [UInt8], from start: Int) -> Int? {
        let first = max(start - 3, 0)
        guard bytes.count >= 4, first <= bytes.count - 4 else { return nil }
        for place in first...(bytes.count - 4)
        where bytes[place] == 13 && bytes[place + 1] == 10 && bytes[place + 2] == 13
            && bytes[place + 3] == 10
        {
            return place + 4
        }
        return nil
    }

    /// Takes a head apart.
    ///
    /// - Parameter bytes: The head with its empty line.
    /// - Returns: the request without a body.
    /// - Throws: what is wrong with it.
    static func parse(_ bytes: ArraySlice<UInt8>) throws(HTTPRefusal) -> HTTPRequest {
        guard bytes.allSatisfy({ $0 == 13 || $0 == 10 || $0 == 9 || (32...126).contains($0) })
        else { throw HTTPRefusal(400, "the head has bytes that are not printable ASCII") }
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let first = lines.removeFirst().split(separator: " ", omittingEmptySubsequences: false)
        guard first.count == 3, first.allSatisfy({ !$0.isEmpty }) else {
            throw HTTPRefusal(400, "expected a first line as 'GET /path HTTP/1.1'")
        }
        guard first[2] == "HTTP/1.1" || first[2] == "HTTP/1.0" else {
            throw HTTPRefusal(505, "found \(first[2]), expected HTTP/1.1")
        }
        guard first[1].hasPrefix("/") else {
            throw HTTPRefusal(400, "found the target \(first[1]), expected a path")
        }
        var request = HTTPRequest(method: String(first[0]), path: "")
        let target = first[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        request.path = String(target[0])
        if target.count > 1 { request.query = try query(target[1]) }
        for line in lines where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
                !line[..<colon].contains(where: { $0 == " " || $0 == "\t" })
            else { throw HTTPRefusal(400, "expected header lines as 'Name: value'") }
            let name = line[..<colon].lowercased()
            let value = trimmed(line[line.index(after: colon)...])
            guard request.headers.updateValue(value, forKey: name) == nil || !single.contains(name)
            else { throw HTTPRefusal(400, "found the header \(name) twice") }
        }
        return request
    }

    /// Headers of which there may be only one: two would mean two different requests.
    private static let single: Set<String> = ["host", "content-length", "transfer-encoding"]

    private static func trimmed(_ text: Substring) -> String {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }

    private static func query(_ text: Substring) throws(HTTPRefusal) -> [String: String] {
        var result: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]), let value = decoded(parts.count > 1 ? parts[1] : "")
            else { throw HTTPRefusal(400, "the query is not percent-encoded UTF-8") }
            result[name] = value
        }
        return result
    }

    /// Percent-encoded text; nil: it is none.
    static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            guard rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// What of a head is refused before its body is read.
    ///
    /// - Parameters:
    ///   - request: The head.
    ///   - hosts: The names by which the server may be called.
    ///   - limit: The most bytes of a body.
    /// - Returns: how many bytes the body has.
    /// - Throws: why the request is refused.
    static func bodyLength(
        of request: HTTPRequest, hosts: Set<String>, limit: Int
    ) throws(HTTPRefusal) -> Int {
        guard let host = request.headers["host"], hosts.contains(host.lowercased()) else {
            throw HTTPRefusal(
                421,
                "found the host \(request.headers["host"] ?? "(none)"), expected "
                    + hosts.sorted().joined(separator: ", "))
        }
        if let origin = request.headers["origin"],
            !hosts.contains(where: { origin == "http://\($0)" })
        {
            throw HTTPRefusal(403, "another page's request (\(origin)) is not answered")
        }
        guard ["GET", "HEAD", "POST"].contains(request.method) else {
            throw HTTPRefusal(405, "found \(request.method), expected GET, HEAD or POST")
        }
        guard request.headers["transfer-encoding"] == nil else {
            throw HTTPRefusal(411, "expected a Content-Length, not a Transfer-Encoding")
        }
        guard let length = request.headers["content-length"] else {
            if request.method == "POST" { throw HTTPRefusal(411, "expected a Content-Length") }
            return 0
        }
        guard !length.isEmpty, length.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw HTTPRefusal(400, "found the Content-Length \(length), expected a number")
        }
        guard length.count <= 18, let bytes = Int(length), bytes <= limit else {
            throw HTTPRefusal(413, "found \(length) bytes, expected at most \(limit)")
        }
        return bytes
    }
}
