/** The shortcodes that apps use most, as characters. */
const EMOJI = Object.fromEntries(
  `+1 👍|-1 👎|100 💯|alarm_clock ⏰|anchor ⚓|arrow_down ⬇️|arrow_forward ▶️|arrow_left ⬅️|arrow_right ➡️|arrow_up ⬆️
arrows_counterclockwise 🔄|back 🔙|ballot_box_with_check ☑️|bangbang ‼️|bar_chart 📊|bell 🔔|beetle 🐞|black_circle ⚫
black_square_for_stop ⏹️|blue_heart 💙|blush 😊|bomb 💣|book 📖|bookmark 🔖|boom 💥|bug 🐛|bulb 💡|bust_in_silhouette 👤
busts_in_silhouette 👥|calendar 📅|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|checkered_flag 🏁
clap 👏|clipboard 📋|clock1 🕐|clock3 🕒|closed_lock_with_key 🔐|cloud ☁️|compass 🧭|computer 💻|construction 🚧|crossed_fingers 🤞
cry 😢|double_vertical_bar ⏸️|earth_africa 🌍|email 📧|exclamation ❗|eyes 👀|face_with_monocle 🧐|fast_forward ⏩
file_folder 📁|fire 🔥|fire_engine 🚒|first_place_medal 🥇|gear ⚙️|ghost 👻|green_circle 🟢|grey_exclamation ❕|grey_question ❔
grin 😁|hammer 🔨|hammer_and_wrench 🛠️|hand ✋|heart ❤️|heavy_check_mark ✔️|heavy_minus_sign ➖|heavy_multiplication_x ✖️
heavy_plus_sign ➕|hourglass ⌛|hourglass_flowing_sand ⏳|inbox_tray 📥|information_source ℹ️|interrobang ⁉️|joy 😂|key 🔑
label 🏷️|large_blue_circle 🔵|large_green_circle 🟢|large_orange_circle 🟠|large_purple_circle 🟣|large_yellow_circle 🟡
leftwards_arrow_with_hook ↩️|link 🔗|lock 🔒|loudspeaker 📢|mag 🔍|mailbox_with_no_mail 📭|mega 📣|memo 📝|metal 🤘|moneybag 💰|muscle 💪|next_track_button ⏭️
no_bell 🔕|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|ok 🆗|ok_hand 👌|older_adult 🧓|one 1️⃣|two 2️⃣|three 3️⃣|orange_circle 🟠
outbox_tray 📤|package 📦|page_facing_up 📄|paperclip 📎|partying_face 🥳|passport_control 🛂|pause_button ⏸️|pencil2 ✏️|point_right 👉
point_down 👇|pray 🙏|purple_circle 🟣|pushpin 📌|question ❓|racing_car 🏎️|rainbow 🌈|raised_hand ✋|raised_hands 🙌|recycle ♻️|red_circle 🔴
repeat 🔁|rewind ⏪|robot_face 🤖|rocket 🚀|rotating_light 🚨|satellite_antenna 📡|scales ⚖️|scroll 📜|see_no_evil 🙈|shield 🛡️|ship 🚢
shipit 🐿️|shrug 🤷|simple_smile 🙂|slightly_smiling_face 🙂|small_blue_diamond 🔹|smile 😄|snail 🐌|snowflake ❄️|sob 😭|sparkles ✨
speech_balloon 💬|star ⭐|stop_button ⏹️|stop_sign 🛑|stopwatch ⏱️|tada 🎉|test_tube 🧪|thinking_face 🤔|thumbsdown 👎|thumbsup 👍
ticket 🎫|timer_clock ⏲️|tools 🛠️|traffic_light 🚦|triangular_flag_on_post 🚩|trophy 🏆|truck 🚚|twisted_rightwards_arrows 🔀|unlock 🔓
vertical_traffic_light 🚦|warning ⚠️|wastebasket 🗑️|wave 👋|whale 🐳|white_check_mark ✅|white_circle ⚪|white_large_square ⬜
large_green_square 🟩|large_red_square 🟥|large_yellow_square 🟨|large_blue_square 🟦|white_small_square ▫️|black_small_square ▪️
wrench 🔧|x ❌|yellow_circle 🟡|zap ⚡|zzz 💤`
    .split(/[|\n]/u)
    .map((entry) => entry.split(" ")),
);

/** The character of a shortcode, or the shortcode between its colons when it is not known. */
export function emojiText(name) {
  const [base] = name.split("::");
  return Object.hasOwn(EMOJI, base) ? EMOJI[base] : `:${name}:`;
}

export function isEmoji(name) {
  return Object.hasOwn(EMOJI, name.split("::")[0]);
}
