/* The 717 word forms of the synthetic world, in the order of their token ids. */
#include "language/lexicon.h"

#define NOUN(singular, plural)        singular, plural
#define NOUN_S(word)                  word, word "s"
#define VERB(third, base, participle) third, base, participle
#define VERB_S(base)                  base "s", base, base "ed"
#define VERB_E(stem)                  stem "es", stem "e", stem "ed"
#define ACT_S(base)                   base "s", base

const char *const lexicon_words[LEXICON_SIZE] = {
    "[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]", "the", "a", "every", "no", "this", "some", "all", "most", "many",
    "these", "few", "is", "are", "not", "does", "do", "by", "that", "who", "what", "where", "which", "in", "near",
    "with", "under", "behind", "and", "but", "because", ".", "?", ",",

    /* class words */
    NOUN("person", "people"), NOUN_S("animal"), NOUN_S("food"), NOUN_S("vehicle"), NOUN_S("place"), NOUN_S("artifact"),
    /* group words, 4 per class */
    NOUN_S("healer"), NOUN_S("artist"), NOUN("child", "children"), NOUN_S("worker"), NOUN_S("bird"), NOUN_S("insect"),
    NOUN_S("pet"), NOUN_S("beast"), NOUN_S("fruit"), NOUN_S("vegetable"), NOUN_S("dessert"), NOUN_S("beverage"),
    NOUN_S("boat"), NOUN_S("plane"), NOUN_S("car"), NOUN_S("cycle"), NOUN_S("home"), NOUN_S("shop"),
    NOUN("wilderness", "wildernesses"), NOUN_S("room"), NOUN_S("weapon"), NOUN_S("container"), NOUN_S("seat"),
    NOUN_S("device"),
    /* leaves: 3 synsets of 2 synonyms per group */
    NOUN_S("doctor"), NOUN_S("physician"), NOUN_S("nurse"), NOUN_S("caregiver"), NOUN_S("dentist"),
    NOUN_S("orthodontist"), NOUN_S("singer"), NOUN_S("vocalist"), NOUN_S("painter"), NOUN_S("portraitist"),
    NOUN_S("writer"), NOUN_S("author"), NOUN_S("boy"), NOUN_S("lad"), NOUN_S("girl"), NOUN("lass", "lasses"),
    NOUN("baby", "babies"), NOUN_S("infant"), NOUN_S("lawyer"), NOUN_S("attorney"), NOUN_S("teacher"), NOUN_S("tutor"),
    NOUN_S("waiter"), NOUN_S("server"), NOUN_S("rooster"), NOUN_S("cockerel"), NOUN_S("pigeon"), NOUN_S("dove"),
    NOUN_S("crow"), NOUN_S("raven"), NOUN_S("wasp"), NOUN_S("hornet"), NOUN_S("beetle"), NOUN_S("scarab"),
    NOUN_S("cricket"), NOUN_S("grasshopper"), NOUN_S("dog"), NOUN_S("hound"), NOUN_S("cat"), NOUN_S("feline"),
    NOUN_S("rabbit"), NOUN("bunny", "bunnies"), NOUN_S("donkey"), NOUN_S("burro"), NOUN_S("horse"), NOUN_S("steed"),
    NOUN_S("pig"), NOUN_S("hog"), NOUN_S("tangerine"), NOUN_S("mandarin"), NOUN_S("melon"), NOUN_S("cantaloupe"),
    NOUN("peach", "peaches"), NOUN_S("nectarine"), NOUN_S("eggplant"), NOUN_S("aubergine"), NOUN_S("zucchini"),
    NOUN_S("courgette"), NOUN("potato", "potatoes"), NOUN_S("spud"), NOUN_S("cookie"), NOUN_S("biscuit"),
    NOUN_S("cake"), NOUN("gateau", "gateaux"), NOUN("candy", "candies"), NOUN_S("bonbon"), NOUN_S("beer"),
    NOUN_S("lager"), NOUN_S("soda"), NOUN_S("cola"), NOUN_S("smoothie"), NOUN_S("milkshake"), NOUN_S("canoe"),
    NOUN_S("kayak"), NOUN_S("yacht"), NOUN_S("sailboat"), NOUN_S("barge"), NOUN_S("scow"), NOUN_S("jet"),
    NOUN_S("airliner"), NOUN_S("glider"), NOUN_S("sailplane"), NOUN_S("bomber"), NOUN_S("warplane"), NOUN_S("taxi"),
    NOUN_S("cab"), NOUN_S("limousine"), NOUN_S("limo"), NOUN_S("sedan"), NOUN_S("saloon"), NOUN_S("bicycle"),
    NOUN_S("bike"), NOUN_S("motorcycle"), NOUN_S("motorbike"), NOUN_S("scooter"), NOUN_S("moped"), NOUN_S("house"),
    NOUN_S("residence"), NOUN_S("cottage"), NOUN_S("cabin"), NOUN_S("apartment"), NOUN_S("flat"),
    NOUN("bakery", "bakeries"), NOUN_S("patisserie"), NOUN("pharmacy", "pharmacies"), NOUN_S("drugstore"),
    NOUN_S("supermarket"), NOUN("grocery", "groceries"), NOUN_S("forest"), NOUN_S("woodland"), NOUN_S("swamp"),
    NOUN("marsh", "marshes"), NOUN_S("valley"), NOUN_S("dale"), NOUN_S("cellar"), NOUN_S("basement"), NOUN_S("attic"),
    NOUN_S("loft"), NOUN_S("bathroom"), NOUN_S("washroom"), NOUN_S("gun"), NOUN_S("firearm"), NOUN_S("spear"),
    NOUN_S("lance"), NOUN_S("sword"), NOUN_S("sabre"), NOUN_S("bag"), NOUN_S("sack"), NOUN_S("bucket"), NOUN_S("pail"),
    NOUN("box", "boxes"), NOUN_S("carton"), NOUN_S("sofa"), NOUN("couch", "couches"), NOUN_S("chair"),
    NOUN_S("armchair"), NOUN("bench", "benches"), NOUN_S("pew"), NOUN_S("telephone"), NOUN_S("phone"), NOUN_S("lamp"),
    NOUN_S("lantern"), NOUN_S("clock"), NOUN_S("timepiece"),

    /* neutral transitive verbs: third person, base, participle */
    VERB_E("prepar"), VERB("makes", "make", "made"), VERB_E("chas"), VERB_E("pursu"), VERB_S("visit"), VERB_S("tour"),
    VERB("carries", "carry", "carried"), VERB_S("haul"), VERB_S("greet"), VERB_E("welcom"), VERB_S("hunt"),
    VERB_S("stalk"), VERB("feeds", "feed", "fed"), VERB("nourishes", "nourish", "nourished"),
    VERB("steals", "steal", "stolen"), VERB("snatches", "snatch", "snatched"), VERB("builds", "build", "built"),
    VERB_S("construct"), VERB("eats", "eat", "eaten"), VERB_S("devour"), VERB_S("repair"),
    VERB("fixes", "fix", "fixed"), VERB_S("block"), VERB_S("obstruct"), VERB_S("paint"), VERB_E("decorat"),
    VERB_S("smell"), VERB_S("sniff"), VERB_E("examin"), VERB_S("inspect"), VERB("grabs", "grab", "grabbed"),
    VERB_E("seiz"),
    /* evaluative pairs: positive, then its antonym */
    VERB_E("lov"), VERB_E("ador"), VERB_E("hat"), VERB_S("detest"), VERB_E("admir"), VERB_S("esteem"), VERB_E("despis"),
    VERB_S("scorn"), VERB_E("prais"), VERB_S("commend"), VERB_E("criticiz"), VERB_S("condemn"), VERB_S("enjoy"),
    VERB("relishes", "relish", "relished"), VERB_E("loath"), VERB("abhors", "abhor", "abhorred"),
    VERB("cherishes", "cherish", "cherished"), VERB_E("treasur"), VERB_S("resent"), VERB_E("begrudg"),
    VERB_S("protect"), VERB_S("defend"), VERB_S("harm"), VERB_E("damag"),
    /* intransitive verbs: third person, base */
    ACT_S("laugh"), ACT_S("giggle"), ACT_S("forage"), ACT_S("graze"), ACT_S("swerve"), ACT_S("veer"), ACT_S("sleep"),
    ACT_S("doze"), ACT_S("jump"), ACT_S("leap"), ACT_S("rot"), ACT_S("spoil"), ACT_S("crack"), ACT_S("shatter"),
    ACT_S("flood"), ACT_S("overflow"), ACT_S("stop"), ACT_S("halt"), ACT_S("rattle"), ACT_S("vibrate"), ACT_S("talk"),
    ACT_S("chat"), ACT_S("breed"), ACT_S("mate"),

    /* neutral adjectives, antonyms side by side */
    "big", "large", "small", "little", "hot", "warm", "cold", "chilly", "old", "ancient", "new", "modern", "fast",
    "quick", "slow", "sluggish", "heavy", "weighty", "light", "lightweight", "wet", "damp", "dry", "arid", "loud",
    "noisy", "quiet", "silent", "bright", "luminous", "dark", "dim", "tall", "lofty", "short", "low", "thick", "chunky",
    "thin", "slender", "hard", "solid", "soft", "squishy", "rare", "uncommon", "common", "ordinary",
    /* evaluative adjectives of strength 1, 2, 3, positive beside negative */
    "good", "fine", "bad", "poor", "nice", "pleasant", "nasty", "unpleasant", "neat", "tidy", "messy", "sloppy",
    "useful", "handy", "useless", "pointless", "great", "grand", "awful", "dreadful", "lovely", "charming", "ugly",
    "hideous", "delightful", "enjoyable", "annoying", "irritating", "impressive", "remarkable", "disappointing",
    "lousy", "wonderful", "marvelous", "terrible", "horrible", "perfect", "flawless", "disgusting", "revolting",
    "superb", "magnificent", "atrocious", "appalling", "brilliant", "fantastic", "horrendous", "abysmal",

    "very", "really", "extremely", "so", "slightly", "rather", "somewhat",
    /* manner adverbs, positive beside negative */
    "happily", "cheerfully", "angrily", "furiously", "gently", "tenderly", "roughly", "harshly", "kindly", "graciously",
    "cruelly", "brutally"};
