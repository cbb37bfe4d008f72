/// How many letters must be changed, added or removed to make one word of another.
enum EditDistance {
    /// Longer words are not compared: nobody mistypes a keyword into one.
    static let longestWord = 32

    /// The candidate nearest to `word`, if it is at most two letters away.
    ///
    /// A word of three letters or fewer is taken for another only if one letter differs; otherwise every
    /// short word would resemble `ld`.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let letters = Array(word.utf8)
        guard letters.count <= longestWord else { return nil }
        var limit = letters.count <= 3 ? 1 : 2
        var best: String?
        for candidate in candidates {
            let other = Array(candidate.utf8)
            guard abs(other.count - letters.count) <= limit else { continue }
            let distance = between(letters, other)
            if distance <= limit, distance > 0 {
                best = candidate
                limit = distance - 1
            }
        }
        return best
    }

    /// The Levenshtein distance.
    ///
    /// - Complexity: O(*n* · *m*).
    static func between(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substituted = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
